"""Configuring: batch size, steps, fields set by hand, the file that is written. No TensorFlow."""

import pytest

from odapi_ssd.config.files import load_config
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
@pytest.mark.parametrize("value", [0, -1, 2**32])
def test_only_numbers_that_the_field_holds(run, option, value):
    assert f"--{option} is {value}; a number from 1 to 4,294" in _error(run, **{option: value})


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


def test_only_its_own_config_is_replaced(run, tmp_path):
    path = tmp_path / "o.config"
    for num_steps in (5, 6):
        assert run(num_steps=num_steps).config == load_config(path)
    edited = path.read_text().replace("num_steps: 6", "num_steps: 7")
    path.write_text(edited)
    # Refused before the template is looked at.
    message = _error(run, assignments=("train_config.batchsize=1",))
    assert "configure did not write it, or it was edited since" in message
    assert path.read_text() == edited
    run(num_steps=8, overwrite=True)
    assert load_config(path).train_config.num_steps == 8


def test_an_output_path_that_is_a_folder(run, tmp_path):
    assert "is a folder; --output_path names a file" in _error(run, output_path=tmp_path)


def test_the_header_is_the_command(run, dataset_dir, tmp_path):
    run(num_steps=5, assignments=("train_config.batch_size=1",))
    mark, *header = (tmp_path / "o.config").read_text().splitlines()[:3]
    assert mark.startswith("# Written by odapi-ssd configure, ")
    assert "from ssd_mobilenet_v2_zoo_voc.config" in header[0]
    assert header[1] == (
        f"# odapi-ssd configure --template ssd_mobilenet_v2_zoo_voc --records_dir {dataset_dir} "
        f"--output_path {tmp_path / 'o.config'} --num_steps 5 --set train_config.batch_size=1"
    )


def test_numbers_that_no_training_can_have_are_refused_wherever_they_come_from(run, tmp_path):
    rate = "train_config.optimizer.momentum_optimizer.learning_rate.constant_learning_rate"
    message = _error(run, assignments=(f"{rate}.learning_rate=nan", "train_config.batch_size=0"))
    assert f"{rate}.learning_rate: is nan, expected a finite number" in message
    # The rates of the template, times 4,294,967,295 by its batch size.
    assert "with which training diverges" in _error(run, batch_size=2**32 - 1)
    assert not (tmp_path / "out.config").exists()


def test_a_rate_that_is_probably_too_high_is_a_note(run):
    rate = "train_config.optimizer.momentum_optimizer.learning_rate.constant_learning_rate"
    notes = run(assignments=(f"{rate}.learning_rate=2",)).notes
    assert any("is 2, far above what detectors are trained with" in note for note in notes)
