"""Fixtures for the tests of training."""

from pathlib import Path

import pytest

from odapi_ssd.config.files import load_config, save_config

_RATE = "train_config.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate"


@pytest.fixture
def without_learning(tiny_config_path: Path, tmp_path: Path) -> Path:
    """The tiny config with a learning rate of 0: a step leaves the kernels as they are."""
    overrides = ("learning_rate_base=0", "warmup_learning_rate=0", "warmup_steps=0")
    config = load_config(
        tiny_config_path, [f"{_RATE}.{one}" for one in (*overrides, "total_steps=8")]
    )
    path = tmp_path / "without_learning.config"
    save_config(config, path)
    return path


@pytest.fixture
def five_class_config(tiny_config_path: Path, tmp_path: Path) -> Path:
    """The tiny config with another model: two classes more, which is no problem for the check."""
    path = tmp_path / "five_classes.config"
    save_config(load_config(tiny_config_path, ["model.ssd.num_classes=5"]), path)
    return path
