"""Optimizers and learning-rate schedules."""

import pytest

from tests.support.config_checks import COSINE, RATE, only, problems, warnings

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [
        (["train_config.optimizer={}"], "train_config.optimizer: is not set"),
        ([f"{RATE}={{}}"], f"{RATE}: is not set"),
        ([f"{COSINE}.total_steps=60"],
         "total_steps: is 60, but num_steps is 100: the learning rate is 0 for the last 40 steps"),
        ([f"{COSINE}.warmup_steps=100"], "which leaves nothing of total_steps 100"),
        ([f"{COSINE}.warmup_learning_rate=1"], "is 1, above learning_rate_base 0.02"),
        ([f"{RATE}.manual_step_learning_rate.warmup=false"], "schedule: is empty"),
        ([f"{RATE}.manual_step_learning_rate.schedule=[{{step: 9}}, {{step: 9}}]"],
         "has steps [9, 9]"),
    ],
)  # fmt: skip
def test_problems(config, assignments, expected):
    found = problems(config, *assignments)
    assert any(expected in problem for problem in found), found


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [
        ([f"{COSINE}.total_steps=500"], "training ends before the learning rate has come down"),
        ([f"{COSINE}.total_steps=500", f"{COSINE}.warmup_steps=100"], "training is warm-up only"),
        ([f"{RATE}.manual_step_learning_rate.schedule=[{{step: 9}}, {{step: 100}}]"],
         "changes the rate at step 100, but training ends at 100"),
        ([f"{RATE}.exponential_decay_learning_rate.decay_steps=101"], "before the rate decays"),
    ],
)  # fmt: skip
def test_warnings(config, assignments, expected):
    found = warnings(config, *assignments)
    assert any(expected in warning for warning in found), found


def test_steps_that_are_asked_for_may_outlast_the_schedule(config):
    assert "learning rate is 0 for the last 20 steps" in only(warnings(config, train_steps=120))
    assert problems(config, train_steps=120) == []
    assert config.train_config.num_steps == 100
    config.train_config.num_steps = 0
    assert problems(config, train_steps=100) == []
