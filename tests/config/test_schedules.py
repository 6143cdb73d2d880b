"""Learning-rate schedules: stretched to other steps, scaled to other rates. No TensorFlow."""

import pytest

from odapi_ssd.config.files import parse_config
from odapi_ssd.config.schedules import learning_rate_of, rates_of, scale_rates, stretch_steps
from odapi_ssd.errors import OdapiError


def _config(learning_rate: str):
    text = "train_config { optimizer { adam_optimizer { learning_rate { %s } } } }"
    return parse_config(text % learning_rate).train_config


def test_cosine_is_stretched_whole():
    config = _config(
        "cosine_decay_learning_rate { total_steps: 1000 warmup_steps: 100 "
        "hold_base_rate_steps: 50 }"
    )
    changed = stretch_steps(config, 1000, 250)
    path = "train_config.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate"
    assert changed == [
        (f"{path}.total_steps", 250),
        (f"{path}.warmup_steps", 25),
        (f"{path}.hold_base_rate_steps", 12),
    ]


def test_boundaries_keep_growing_when_squeezed():
    config = _config(
        "manual_step_learning_rate { schedule { step: 10 } schedule { step: 20 } "
        "schedule { step: 1000 } }"
    )
    changed = stretch_steps(config, 1000, 10)
    schedule = config.optimizer.adam_optimizer.learning_rate.manual_step_learning_rate.schedule
    assert [entry.step for entry in schedule] == [1, 2, 10]
    assert [step for _, step in changed] == [1, 2, 10]


def test_no_schedule_becomes_shorter_than_a_step():
    config = _config("cosine_decay_learning_rate { total_steps: 1000 warmup_steps: 100 }")
    stretch_steps(config, 1000, 1)
    schedule = config.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate
    assert (schedule.total_steps, schedule.warmup_steps) == (1, 0)


def test_a_step_that_no_schedule_can_hold():
    """Twice 2**31 is one more than the field's greatest number."""
    config = _config(f"exponential_decay_learning_rate {{ decay_steps: {2**31} }}")
    with pytest.raises(OdapiError, match=r"decay_steps would become 4,294,967,296 with 200 steps"):
        stretch_steps(config, 100, 200)


def test_exponential_decay():
    config = _config("exponential_decay_learning_rate { decay_steps: 100 burnin_steps: 7 }")
    stretch_steps(config, 100, 200)
    schedule = config.optimizer.adam_optimizer.learning_rate.exponential_decay_learning_rate
    assert (schedule.decay_steps, schedule.burnin_steps) == (200, 14)


@pytest.mark.parametrize(("old", "new"), [(0, 100), (100, 100)])
def test_nothing_to_do(old, new):
    assert stretch_steps(_config("cosine_decay_learning_rate {}"), old, new) == []


def test_every_rate_is_found():
    config = _config("manual_step_learning_rate { schedule { step: 7 learning_rate: 0.5 } }")
    path = "train_config.optimizer.adam_optimizer.learning_rate.manual_step_learning_rate"
    default = pytest.approx(0.002)
    assert rates_of(config) == [
        (f"{path}.initial_learning_rate", default),
        (f"{path}.schedule[0].learning_rate", 0.5),
    ]
    assert rates_of(_config("")) == []


def test_rates():
    config = _config(
        "manual_step_learning_rate { initial_learning_rate: 0.1 "
        "schedule { step: 1 learning_rate: 0.02 } }"
    )
    changed = dict(scale_rates(config, 0.5))
    path = "train_config.optimizer.adam_optimizer.learning_rate.manual_step_learning_rate"
    assert changed == {
        f"{path}.initial_learning_rate": pytest.approx(0.05),
        f"{path}.schedule[0].learning_rate": pytest.approx(0.01),
    }


def test_a_rate_of_0_stays_and_is_not_listed():
    config = _config(
        "cosine_decay_learning_rate { learning_rate_base: 0.1 warmup_learning_rate: 0 }"
    )
    ((path, rate),) = scale_rates(config, 3)
    assert path.endswith(".learning_rate_base")
    assert rate == pytest.approx(0.3)


def test_the_schedule_that_is_set():
    path, kind, schedule = learning_rate_of(_config("constant_learning_rate { learning_rate: 2 }"))
    assert kind == "constant_learning_rate"
    assert path == f"train_config.optimizer.adam_optimizer.learning_rate.{kind}"
    assert schedule.learning_rate == 2


@pytest.mark.parametrize(
    "text", ["", "train_config { optimizer { adam_optimizer {} } }", "train_config {}"]
)
def test_without_a_schedule_there_is_nothing_to_do(text):
    train_config = parse_config(text).train_config
    assert learning_rate_of(train_config) is None
    assert stretch_steps(train_config, 10, 20) == []
    assert scale_rates(train_config, 2) == []
