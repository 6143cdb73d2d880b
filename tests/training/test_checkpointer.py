"""The checkpoints of a run: on a model of one variable; and fine-tuning of a detector."""

import resource
import shutil
import signal

import pytest

from odapi_ssd.config.files import load_config, new_config, save_config
from odapi_ssd.errors import OdapiError
from odapi_ssd.interrupts import ended_by_signals
from odapi_ssd.training.run import TrainOptions, train
from tests.support.recorded_progress import RecordedProgress
from tests.support.runs import assert_same_kernels, kernels, saved_steps

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def _setup(num_weights=2, **changes):
    """A model of one variable, in the default strategy, without input."""
    import tensorflow as tf

    from odapi_ssd.training.setup import TrainingSetup

    model = tf.Module()
    model.weights = tf.Variable(tf.zeros([num_weights]), name="weights")
    values = {
        "strategy": tf.distribute.get_strategy(),
        "train_config": new_config().train_config,
        "input_reader": new_config().train_input_reader,
        "model": model,
        "optimizer": tf.keras.optimizers.SGD(0.1),
        "learning_rate": lambda: 0.1,
        "global_step": tf.Variable(0, dtype=tf.int64),
        "dataset": None,
    }
    return TrainingSetup(**{**values, **changes})


def _checkpointer(setup, model_dir, max_to_keep=7):
    from odapi_ssd.training.checkpointer import RunCheckpointer

    return RunCheckpointer(setup, str(model_dir), max_to_keep, RecordedProgress())


def _train_to(setup, step):
    setup.global_step.assign(step)
    setup.model.weights.assign([step, step])


@pytest.fixture
def file_limit():
    """Sets the size in bytes above which no file can grow, until the test's end."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda num_bytes: resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


class TestSave:
    def test_a_step_is_saved_once(self, tmp_path):
        checkpointer = _checkpointer(_setup(), tmp_path)
        checkpointer.restore()
        assert (checkpointer.restored, checkpointer.saved_step) == (None, -1)
        checkpointer.save(0)
        checkpointer.save(0)
        assert saved_steps(tmp_path) == [0]
        assert checkpointer._progress.saved_steps == [0]

    def test_the_oldest_are_removed(self, tmp_path):
        setup = _setup()
        checkpointer = _checkpointer(setup, tmp_path, max_to_keep=2)
        for step in (0, 4, 8):
            _train_to(setup, step)
            checkpointer.save(step)
        assert saved_steps(tmp_path) == [4, 8]
        assert not list(tmp_path.glob("ckpt-1.*"))


class TestNothingIsOverwritten:
    """Whatever the folder holds, a new checkpoint gets a number that no file there has."""

    @staticmethod
    def _run_of(model_dir, *steps):
        setup = _setup()
        checkpointer = _checkpointer(setup, model_dir)
        for step in steps:
            _train_to(setup, step)
            checkpointer.save(step)
        return {path.name: path.read_bytes() for path in model_dir.glob("ckpt-*")}

    @staticmethod
    def _resume_and_save(model_dir, step):
        setup = _setup()
        checkpointer = _checkpointer(setup, model_dir)
        checkpointer.restore()
        resumed_at = setup.step
        _train_to(setup, step)
        checkpointer.save(step)
        return resumed_at, checkpointer

    def test_without_the_state_file(self, tmp_path):
        before = self._run_of(tmp_path, 3, 5)
        (tmp_path / "checkpoint").unlink()
        resumed_at, checkpointer = self._resume_and_save(tmp_path, 9)
        assert resumed_at == 5
        assert "ckpt-2, the newest complete one, is taken" in checkpointer._progress.warnings[0]
        assert all((tmp_path / name).read_bytes() == content for name, content in before.items())
        assert (tmp_path / "ckpt-3.index").exists()

    @pytest.mark.parametrize("missing", ["ckpt-2.index", "ckpt-2.data-00000-of-00001"])
    def test_with_half_of_the_newest(self, tmp_path, missing):
        before = self._run_of(tmp_path, 3, 5)
        (tmp_path / missing).unlink()
        resumed_at, checkpointer = self._resume_and_save(tmp_path, 9)
        assert resumed_at == 3
        assert missing in checkpointer._progress.warnings[0]
        del before[missing]
        assert all((tmp_path / name).read_bytes() == content for name, content in before.items())
        assert (tmp_path / "ckpt-3.index").exists()
        assert not (tmp_path / missing).exists()

    def test_with_a_damaged_newest(self, tmp_path):
        self._run_of(tmp_path, 3, 5)
        data = tmp_path / "ckpt-2.data-00000-of-00001"
        data.write_bytes(data.read_bytes()[:-4])
        resumed_at, checkpointer = self._resume_and_save(tmp_path, 9)
        assert resumed_at == 3
        assert "truncated" in checkpointer._progress.warnings[0]

    def test_when_the_state_file_goes_back(self, tmp_path):
        before = self._run_of(tmp_path, 3, 5, 7)
        (tmp_path / "checkpoint").write_text('model_checkpoint_path: "ckpt-1"\n')
        resumed_at, checkpointer = self._resume_and_save(tmp_path, 9)
        assert resumed_at == 3
        assert "although ckpt-3 is newer" in checkpointer._progress.warnings[0]
        assert all((tmp_path / name).read_bytes() == content for name, content in before.items())
        assert (tmp_path / "ckpt-4.index").exists()

    def test_with_traces_only_it_refuses(self, tmp_path):
        self._run_of(tmp_path, 3)
        (tmp_path / "ckpt-1.index").unlink()
        with pytest.raises(OdapiError, match="holds no complete checkpoint"):
            self._resume_and_save(tmp_path, 9)

    def test_with_a_state_file_that_tensorflow_cannot_read(self, tmp_path):
        self._run_of(tmp_path, 3)
        (tmp_path / "checkpoint").write_bytes(b"\xff\xfe\x00")
        resumed_at, _ = self._resume_and_save(tmp_path, 9)
        assert resumed_at == 3
        assert (tmp_path / "checkpoint.damaged").read_bytes() == b"\xff\xfe\x00"
        assert saved_steps(tmp_path) == [9]

    def test_an_earlier_damaged_state_file_is_kept_too(self, tmp_path):
        self._run_of(tmp_path, 3)
        (tmp_path / "checkpoint.damaged").write_text("earlier")
        (tmp_path / "checkpoint").write_bytes(b"\xff")
        self._resume_and_save(tmp_path, 9)
        assert (tmp_path / "checkpoint.damaged").read_text() == "earlier"
        assert (tmp_path / "checkpoint.damaged-2").read_bytes() == b"\xff"

    def test_the_api_s_loop_goes_on_with_the_numbers(self, tmp_path):
        """It numbers by the saved counter."""
        import tensorflow as tf

        self._run_of(tmp_path, 3, 5, 7)
        (tmp_path / "checkpoint").write_text('model_checkpoint_path: "ckpt-1"\n')
        self._resume_and_save(tmp_path, 9)
        checkpoint = tf.train.Checkpoint()
        manager = tf.train.CheckpointManager(checkpoint, str(tmp_path), 7)
        checkpoint.restore(manager.latest_checkpoint)
        assert manager.save().endswith("ckpt-5")

    def test_a_copied_run_removes_nothing_of_the_original(self, tmp_path):
        original, copy = tmp_path / "original", tmp_path / "copy"
        original.mkdir()
        self._run_of(original, 3, 5)
        shutil.copytree(original, copy)
        lines = [f'model_checkpoint_path: "{original}/ckpt-2"']
        lines += [f'all_model_checkpoint_paths: "{original}/ckpt-{n}"' for n in (1, 2)]
        (copy / "checkpoint").write_text("\n".join(lines))
        setup = _setup()
        checkpointer = _checkpointer(setup, copy, max_to_keep=1)
        checkpointer.restore()
        for step in (7, 9):
            _train_to(setup, step)
            checkpointer.save(step)
        assert len(list(original.glob("ckpt-*"))) == 4
        assert saved_steps(copy) == [9]


class TestUnfinishedFiles:
    def test_one_that_cannot_be_written_is_said_and_leaves_nothing(self, tmp_path, file_limit):
        checkpointer = _checkpointer(_setup(num_weights=2**16), tmp_path)
        checkpointer.save(1)
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        file_limit(2**16)  # a quarter of a checkpoint
        with pytest.raises(OdapiError, match=r"ckpt-2 cannot be saved .*would be larger") as caught:
            checkpointer.save(2)
        assert "step 1 is the newest" in caught.value.problem
        assert checkpointer.has_failed
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    def test_a_complete_one_stays_if_only_the_state_file_fails(self, tmp_path):
        checkpointer = _checkpointer(_setup(), tmp_path)
        checkpointer.save(1)
        (tmp_path / "checkpoint").unlink()
        (tmp_path / "checkpoint").mkdir()
        (tmp_path / "checkpoint" / "mine").touch()
        with pytest.raises(OdapiError, match="The file `checkpoint` cannot be saved") as caught:
            checkpointer.save(2)
        assert "step 2 is the newest" in caught.value.problem
        assert checkpointer.has_failed
        assert (tmp_path / "ckpt-2.index").exists()

    def test_a_users_files_of_that_number_stay(self, tmp_path, file_limit):
        checkpointer = _checkpointer(_setup(num_weights=2**16), tmp_path)
        (tmp_path / "ckpt-1.tar.gz").touch()
        (tmp_path / "ckpt-1_old").mkdir()
        file_limit(2**16)
        with pytest.raises(OdapiError, match="ckpt-1 cannot be saved"):
            checkpointer.save(1)
        assert {path.name for path in tmp_path.iterdir()} == {"ckpt-1.tar.gz", "ckpt-1_old"}

    def test_what_a_killed_process_was_writing_goes(self, tmp_path):
        unfinished = tmp_path / "ckpt-3_temp"
        unfinished.mkdir()
        (unfinished / "part-00000-of-00001.index").touch()
        _checkpointer(_setup(), tmp_path).restore()
        assert not unfinished.exists()

    def test_a_signal_during_the_save_waits_for_its_end(self, tmp_path, monkeypatch):
        setup = _setup()
        _train_to(setup, 4)
        checkpointer = _checkpointer(setup, tmp_path)
        write = checkpointer._manager.save

        def interrupted_write(**options):
            signal.raise_signal(signal.SIGINT)
            return write(**options)

        monkeypatch.setattr(checkpointer._manager, "save", interrupted_write)
        with pytest.raises(KeyboardInterrupt), ended_by_signals():
            checkpointer.save(4)
        assert saved_steps(tmp_path) == [4]
        assert checkpointer.saved_step == 4


class TestRestore:
    def test_the_newest_checkpoint_is_resumed(self, tmp_path):
        setup = _setup()
        for step in (3, 5):
            _train_to(setup, step)
            _checkpointer(setup, tmp_path).save(step)
        resumed = _setup()
        checkpointer = _checkpointer(resumed, tmp_path)
        checkpointer.restore()
        assert checkpointer._progress.phases == [f"Resuming from {checkpointer.restored}"]
        assert (resumed.step, checkpointer.saved_step) == (5, 5)
        assert resumed.model.weights.numpy().tolist() == [5, 5]
        checkpointer.save(5)
        assert checkpointer._progress.saved_steps == []

    def test_a_call_that_makes_variables_of_another_shape_is_refused(self, tmp_path):
        """The variables of a Keras model are restored when its first call makes them."""
        import tensorflow as tf

        _checkpointer(_setup(), tmp_path).save(0)
        setup = _setup(model=tf.Module())
        checkpointer = _checkpointer(setup, tmp_path)
        checkpointer.restore()

        def make_variables():
            setup.model.weights = tf.Variable([1.0, 1.0, 1.0])

        with pytest.raises(OdapiError, match="does not fit the model of this config"):
            checkpointer.run_and_require_fit(make_variables)

    def test_a_call_that_makes_the_same_variables_returns_its_result(self, tmp_path):
        import tensorflow as tf

        setup = _setup()
        _train_to(setup, 3)
        _checkpointer(setup, tmp_path).save(3)
        setup = _setup(model=tf.Module())
        checkpointer = _checkpointer(setup, tmp_path)
        checkpointer.restore()

        def make_variables(result):
            setup.model.weights = tf.Variable([1.0, 1.0])
            return result

        assert checkpointer.run_and_require_fit(make_variables, "losses") == "losses"


@pytest.mark.slow
def test_fine_tuning_starts_from_the_checkpoint_also_after_a_false_start(
    trained_run, without_learning, tmp_path
):
    """The directory holds the checkpoint of a run that was stopped before its first step."""
    import tensorflow as tf

    step = tf.Variable(0, dtype=tf.int64)
    tf.train.CheckpointManager(tf.train.Checkpoint(step=step), str(tmp_path), 7).save()
    checkpoint = trained_run.model_dir / "ckpt-3"
    overrides = [
        f"train_config.fine_tune_checkpoint={checkpoint}",
        "train_config.fine_tune_checkpoint_type=full",
        "train_config.fine_tune_checkpoint_version=V2",
    ]
    config_path = tmp_path / "fine_tune.config"
    save_config(load_config(without_learning, overrides), config_path)
    progress = RecordedProgress()
    train(TrainOptions(str(config_path), str(tmp_path), num_train_steps=1), progress)
    assert f"Loading {checkpoint}" in progress.phases
    assert_same_kernels(kernels(tmp_path), kernels(trained_run.model_dir))
