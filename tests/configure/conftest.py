"""Configuring: for a dataset whose records are empty files, and for real records with a mode."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from odapi_ssd.configure.draft import ConfigDraft
from odapi_ssd.configure.run import ConfigureOptions, configure
from tests.support.converted_dataset import write_converted


@pytest.fixture
def dataset_dir(tmp_path: Path) -> Path:
    """A converted dataset: up to 7 objects in an image of train, 150 in val, 2 in test."""
    splits = {"train": (40, 7), "val": (9, 150), "test": (5, 2)}
    return write_converted(tmp_path / "r", splits)


@pytest.fixture
def run(dataset_dir: Path, tmp_path: Path) -> Callable[..., ConfigDraft]:
    """Configures a template, SSD300 on MobileNetV2 unless another is given; writes `o.config`."""

    def run_(template: str = "ssd_mobilenet_v2_zoo_voc", **options: Any) -> ConfigDraft:
        options = {"records_dir": dataset_dir, "output_path": tmp_path / "o.config"} | options
        return configure(ConfigureOptions(template, **options))

    return run_


@pytest.fixture
def run_mode(records_dir: Path, tmp_path: Path) -> Callable[..., ConfigDraft]:
    """Configures the quickstart's template, or another, with a mode; writes `<mode>.config`."""

    def run_(
        mode: str,
        checkpoint: object = None,
        template: object = "ssd_mobilenet_v2_quickstart",
        **options: Any,
    ) -> ConfigDraft:
        return configure(
            ConfigureOptions(
                str(template),
                records_dir,
                tmp_path / f"{mode}.config",
                mode=mode,
                fine_tune_checkpoint=None if checkpoint is None else str(checkpoint),
                **options,
            )
        )

    return run_
