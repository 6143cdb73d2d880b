"""Check, then train: what callers get, and that runs go on from one loop to the other."""

import contextlib
import dataclasses
import shutil
import types

import pytest

from odapi_ssd.checkpoints.trained_config import NOTE_NAME
from odapi_ssd.config.files import load_config, save_config
from odapi_ssd.errors import OdapiError, OptionError
from odapi_ssd.training import run as training
from odapi_ssd.training.run import TrainOptions, train
from tests.support.recorded_progress import RecordedProgress
from tests.support.runs import assert_same_kernels, kernels, saved_steps

pytestmark = [pytest.mark.tf, pytest.mark.slow]


class TestTrainOptions:
    def test_they_are_flags_of_the_api_s_program_with_its_defaults(self):
        from absl import flags

        from odapi_ssd.plugin import api_programs

        options = dataclasses.asdict(TrainOptions("c", "m"))
        assert options.pop("use_api_loop") is False
        required = {"pipeline_config_path": "c", "model_dir": "m"}
        with api_programs.loaded_program("model_main_tf2", required):
            assert options == {name: getattr(flags.FLAGS, name) for name in options}

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ({"checkpoint_every_n": 0}, "--checkpoint_every_n is 0; 1 or more"),
            ({"num_workers": 0}, "--num_workers is 0; 1 or more"),
            ({"num_train_steps": -1}, "--num_train_steps is -1; a number from 1 to 4,294,967,295"),
            ({"num_train_steps": 2**32}, "--num_train_steps is 4294967296; a number from 1"),
            ({"model_dir": ""}, "--model_dir is empty"),
            ({"pipeline_config_path": " "}, "--pipeline_config_path is empty"),
        ],
    )
    def test_what_no_run_can_have_is_refused(self, values, message):
        with pytest.raises(OptionError, match=message):
            TrainOptions(**{"pipeline_config_path": "c", "model_dir": "m", **values})


class TestCheck:
    def test_problems_of_the_config_are_raised_before_anything_is_written(
        self, tiny_config_path, tmp_path
    ):
        overrides = ["model.ssd.num_classes=2", "train_config.batch_size=0"]
        path = tmp_path / "wrong.config"
        save_config(load_config(tiny_config_path, overrides), path)
        progress = RecordedProgress()
        with pytest.raises(OdapiError, match="problems") as caught:
            train(TrainOptions(str(path), str(tmp_path / "model")), progress)
        assert caught.value.problem.startswith(str(path))
        assert any("batch_size" in detail for detail in caught.value.details)
        assert any("num_classes" in detail for detail in caught.value.details)
        assert progress.phases == ["Checking the config and its data"]
        assert not (tmp_path / "model").exists()

    def test_warnings_come_through_progress(self, tiny_config_path, tmp_path, monkeypatch):
        path = tmp_path / "frozen.config"
        config = load_config(tiny_config_path, ["train_config.freeze_variables='stem'"])
        save_config(config, path)
        monkeypatch.setattr(training, "_train_in_our_loop", lambda *arguments: None)
        progress = RecordedProgress()
        train(TrainOptions(str(path), str(tmp_path / "model")), progress)
        assert any("no fine_tune_checkpoint" in warning for warning in progress.warnings)


def test_progress_names_the_phases_and_ends_at_the_last_step(trained_run):
    check, build, *_ = trained_run.progress.phases
    assert (check, build) == (
        "Checking the config and its data",
        "Building the model and its input",
    )
    assert any("for the whole batch at once" in phase for phase in trained_run.progress.phases)
    assert any(phase.startswith("Tracing") for phase in trained_run.progress.phases)
    first, *_, last = trained_run.progress.reports
    assert (first.step, first.num_steps, first.seconds_left) == (1, 7, None)
    assert (last.step, last.seconds_left) == (7, 0)
    assert last.images_per_second > 0
    parts = [loss for name, loss in last.losses.items() if name != "Loss/total_loss"]
    assert last.total_loss == pytest.approx(sum(parts), rel=1e-4)


def test_a_run_of_ours_goes_on_in_the_api_s_loop(trained_run, without_learning, tmp_path):
    import odapi_ssd

    odapi_ssd.register()
    from object_detection import model_lib_v2

    model_dir = tmp_path / "model"
    shutil.copytree(trained_run.model_dir, model_dir)
    ours = kernels(model_dir)
    model_lib_v2.train_loop(
        str(without_learning),
        str(model_dir),
        train_steps=8,
        num_steps_per_iteration=1,
        checkpoint_every_n=1,
    )
    assert saved_steps(model_dir)[-1] == 8
    assert_same_kernels(kernels(model_dir), ours)


def test_a_run_of_the_api_s_loop_goes_on_in_ours(tiny_config_path, without_learning, tmp_path):
    """The stock loop trains 100 steps at a time, and saves the last ones only by chance."""
    options = TrainOptions(
        str(tiny_config_path), str(tmp_path), 100, checkpoint_every_n=100, use_api_loop=True
    )
    train(options)
    theirs = kernels(tmp_path)
    assert saved_steps(tmp_path) == [0, 100]
    (tmp_path / NOTE_NAME).unlink()  # as where the API trained it

    train(TrainOptions(str(without_learning), str(tmp_path), num_train_steps=102))
    assert saved_steps(tmp_path) == [0, 100, 102]
    assert_same_kernels(kernels(tmp_path), theirs)
    assert load_config(tmp_path / NOTE_NAME) == load_config(without_learning)


def test_the_api_s_loop_gets_the_options_as_flags_and_its_lost_steps_are_a_warning(
    trained_run, monkeypatch
):
    calls = []

    @contextlib.contextmanager
    def loaded_program(name, flags):
        program = types.SimpleNamespace(main=lambda arguments: calls.append((name, dict(flags))))
        yield program

    monkeypatch.setattr(training.api_programs, "loaded_program", loaded_program)
    progress = RecordedProgress()
    options = trained_run.options(num_train_steps=9, use_api_loop=True)
    train(options, progress)
    ((name, flags),) = calls
    assert name == "model_main_tf2"
    assert "use_api_loop" not in flags
    assert (flags["model_dir"], flags["num_train_steps"]) == (options.model_dir, 9)
    assert progress.phases[-1] == "Training in the API's own loop"
    assert progress.warnings[-1].startswith("The API's loop has saved no checkpoint")


def test_the_api_s_loop_does_not_write_over_half_of_a_newer_checkpoint(trained_run, tmp_path):
    model_dir = tmp_path / "model"
    shutil.copytree(trained_run.model_dir, model_dir)
    (model_dir / "checkpoint").write_text('model_checkpoint_path: "ckpt-2"')
    (model_dir / "ckpt-3.index").unlink()
    options = trained_run.options(model_dir=str(model_dir), num_train_steps=9, use_api_loop=True)
    with pytest.raises(OdapiError, match="of which there are files up to ckpt-3"):
        train(options)


@pytest.mark.parametrize("state", [None, b"\xff\xfe", b'model_checkpoint_path: "ckpt-2"'])
def test_the_api_s_loop_does_not_write_over_what_it_would_not_resume(trained_run, tmp_path, state):
    model_dir = tmp_path / "model"
    shutil.copytree(trained_run.model_dir, model_dir)
    (model_dir / "checkpoint").unlink()
    if state is not None:
        (model_dir / "checkpoint").write_bytes(state)
    before = {path.name: path.read_bytes() for path in model_dir.glob("ckpt-*")}
    options = trained_run.options(model_dir=str(model_dir), num_train_steps=9, use_api_loop=True)
    with pytest.raises(OdapiError, match="The API's loop cannot resume the run") as caught:
        train(options)
    assert f"{model_dir}" in caught.value.problem
    assert "--train_loop odapi-ssd" in caught.value.hint
    assert {path.name: path.read_bytes() for path in model_dir.glob("ckpt-*")} == before


@pytest.mark.parametrize("use_api_loop", [False, True])
def test_a_model_directory_of_another_config_is_refused_at_once(
    trained_run, five_class_config, use_api_loop
):
    before = {path: path.stat().st_mtime_ns for path in trained_run.model_dir.iterdir()}
    options = trained_run.options(
        pipeline_config_path=str(five_class_config), use_api_loop=use_api_loop
    )
    with pytest.raises(OdapiError, match=r"num_classes is 3 there and 5 in the config"):
        train(options)
    assert {path: path.stat().st_mtime_ns for path in trained_run.model_dir.iterdir()} == before


@pytest.mark.parametrize("num_steps", [7, 9])
def test_a_checkpoint_of_another_model_is_refused_without_a_note_too(
    trained_run, five_class_config, tmp_path, num_steps
):
    """Whether or not there are steps left to train; and the directory stays the first run's."""
    model_dir = tmp_path / "model"
    shutil.copytree(trained_run.model_dir, model_dir)
    (model_dir / NOTE_NAME).unlink()  # as the API's own loop leaves it
    with pytest.raises(OdapiError, match="does not fit the model of this config"):
        train(TrainOptions(str(five_class_config), str(model_dir), num_steps))
    assert saved_steps(model_dir) == [0, 5, 7]
    assert not (model_dir / NOTE_NAME).exists()
