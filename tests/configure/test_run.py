"""Configuring: batch size, steps, fields set by hand, the file that is written. No TensorFlow."""

import pytest

from odapi_ssd.config.files import load_config, save_config
from odapi_ssd.config.templates import find_template, template_names
from odapi_ssd.errors import OdapiError


def _error(run, **options):
    with pytest.raises(OdapiError) as caught:
        run(**options)
    return str(caught.value)


def test_steps_carry_the_schedule_along(run):
    train_config = run(num_steps=5000).config.train_config
    schedule = train_config.optimizer.momentum_optimizer.learning_rate
    assert train_config.num_steps == 5000
    assert schedule.cosine_decay_learning_rate.total_steps == 5000
    assert schedule.cosine_decay_learning_rate.warmup_steps == 200


def test_the_batch_size_carries_the_rates_along(run):
    draft = run(batch_size=8)
    schedule = draft.config.train_config.optimizer.momentum_optimizer.learning_rate
    cosine = schedule.cosine_decay_learning_rate
    assert cosine.learning_rate_base == pytest.approx(0.02 * 8 / 32)
    assert cosine.warmup_learning_rate == pytest.approx(0.002 * 8 / 32)
    assert any("scaled by 0.25" in note for note in draft.notes)


def test_the_template_s_batch_size_changes_no_rate(run):
    assert not any("scaled" in note for note in run(batch_size=32).notes)


@pytest.mark.parametrize("option", ["batch_size", "num_steps"])
def test_nothing_below_one(run, option):
    assert f"--{option} is 0" in _error(run, **{option: 0})


def test_set_comes_last(run):
    draft = run(num_steps=10, assignments=("train_config.num_steps=20",))
    assert draft.config.train_config.num_steps == 20
    assert draft.changes[-1] == ("train_config.num_steps", "20")


def test_what_a_set_drops_is_said(run):
    rate = "learning_rate.constant_learning_rate.learning_rate"
    draft = run(assignments=(f"train_config.optimizer.adam_optimizer.{rate}=1e-3",))
    assert any("momentum_optimizer was dropped" in note for note in draft.notes)


def test_a_typo_in_set_writes_nothing(run, tmp_path):
    assert "nearest valid: batch_size" in _error(run, assignments=("train_config.batchsize=1",))
    assert not (tmp_path / "o.config").exists()


def test_the_template_is_not_overwritten(run, tmp_path):
    path = tmp_path / "o.config"
    path.write_text("model { ssd {} }")
    assert "is the template itself" in _error(run, template=str(path))
    assert path.read_text() == "model { ssd {} }"


def test_an_output_path_that_is_a_folder(run, tmp_path):
    assert "is a folder; --output_path names a file" in _error(run, output_path=tmp_path)


def test_the_header_is_the_command(run, dataset_dir, tmp_path):
    run(num_steps=5, assignments=("train_config.batch_size=1",))
    header = (tmp_path / "o.config").read_text().splitlines()[:2]
    assert "from ssd_mobilenet_v2_zoo_voc.config" in header[0]
    assert header[1] == (
        f"# odapi-ssd configure --template ssd_mobilenet_v2_zoo_voc --records_dir {dataset_dir} "
        f"--output_path {tmp_path / 'o.config'} --num_steps 5 --set train_config.batch_size=1"
    )


def test_a_checkpoint(run, tmp_path):
    (tmp_path / "ckpt-3.index").write_bytes(b"")
    for given in ("ckpt-3", "ckpt-3.index"):
        config = run(fine_tune_checkpoint=str(tmp_path / given)).config
        assert config.train_config.fine_tune_checkpoint == str(tmp_path / "ckpt-3")


def test_a_checkpoint_of_no_type_is_taken_for_a_detectors(run, tmp_path):
    (tmp_path / "ckpt-3.index").write_bytes(b"")
    template = load_config(find_template("ssd_mobilenet_v2_zoo_voc"))
    for given, expected in (("", "detection"), ("full", "full")):
        template.train_config.fine_tune_checkpoint_type = given
        save_config(template, tmp_path / "t.config")
        draft = run(str(tmp_path / "t.config"), fine_tune_checkpoint=str(tmp_path / "ckpt-3"))
        assert draft.config.train_config.fine_tune_checkpoint_type == expected
        assert any("a detector's" in note for note in draft.notes) == (given == "")


def test_every_template_of_the_project_says_the_type():
    for name in template_names():
        train_config = load_config(find_template(name)).train_config
        assert train_config.fine_tune_checkpoint_type, name


def test_a_checkpoint_that_is_not_there(run, tmp_path):
    assert "There is no checkpoint" in _error(run, fine_tune_checkpoint=str(tmp_path / "ckpt-3"))


@pytest.mark.tf
def test_the_newest_checkpoint_of_a_folder(run, tmp_path):
    (tmp_path / "ckpt-3.index").write_bytes(b"")
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "ckpt-3"')
    config = run(fine_tune_checkpoint=str(tmp_path)).config
    assert config.train_config.fine_tune_checkpoint == str(tmp_path / "ckpt-3")


@pytest.mark.tf
def test_a_folder_without_a_newest_names_its_checkpoints(run, tmp_path):
    (tmp_path / "ckpt-3.index").write_bytes(b"")
    assert str(tmp_path / "ckpt-3") in _error(run, fine_tune_checkpoint=str(tmp_path))


def test_a_remote_checkpoint_is_not_looked_at(run):
    config = run(fine_tune_checkpoint="gs://bucket/ckpt-3").config
    assert config.train_config.fine_tune_checkpoint == "gs://bucket/ckpt-3"


def test_a_sample_config_of_the_api(run, tmp_path):
    path = tmp_path / "zoo.config"
    path.write_text(
        "model { faster_rcnn { num_classes: 90 } }"
        "train_config { num_steps: 100 fine_tune_checkpoint: 'PATH_TO_BE_CONFIGURED/ckpt-0' }"
        "train_input_reader { tf_record_input_reader { input_path: 'PATH_TO_BE_CONFIGURED' } }"
    )
    draft = run(str(path))
    assert draft.config.model.faster_rcnn.num_classes == 3
    assert draft.config.train_config.fine_tune_checkpoint == ""
    assert any("random weights" in note for note in draft.notes)
    assert "PATH_TO_BE_CONFIGURED" not in (tmp_path / "o.config").read_text()
