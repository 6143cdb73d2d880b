"""Options that several commands have, each spelled, typed and described in one place."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = [
    "FiniteFloatRange",
    "FreeText",
    "data_dir_option",
    "format_option",
    "output_dir_option",
    "overwrite_option",
    "pipeline_config_option",
    "set_option",
]


# A test holds these against the formats themselves, which take longer to import than --help may.
_FORMATS = ("voc", "coco", "yolo", "csv", "labelme", "cvat", "tfrecord")

_Function = TypeVar("_Function", bound=Callable[..., Any])


class FiniteFloatRange(click.FloatRange):
    """A number in a range. To click alone NaN is in every range, as it is not outside."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number; fails if it is NaN, infinite or outside the range."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number; expected {self._describe_range()}.", param)
        return number


class FreeText(click.ParamType):
    """A text that may be empty, as no path or name may be (see `command.Command`)."""

    name = "text"


def data_dir_option(function: _Function) -> _Function:
    """`--data_dir`, a Path as `data_dir`."""
    return click.option(
        "--data_dir",
        type=click.Path(path_type=Path),
        required=True,
        metavar="PATH",
        help="The dataset: its folder, or the one file that holds all annotations.",
    )(function)


def format_option(function: _Function) -> _Function:
    """`--format`, the dataset's format as `format`; None to recognize it."""
    return click.option(
        "--format",
        type=click.Choice(_FORMATS),
        help="The dataset's format.  [default: recognized by looking]",
    )(function)


def output_dir_option(help_text: str) -> Callable[[_Function], _Function]:
    """`--output_dir`, a Path as `output_dir`.

    Args:
        help_text: what the command writes into the folder.
    """
    return click.option(
        "--output_dir",
        type=click.Path(file_okay=False, path_type=Path),
        required=True,
        metavar="DIR",
        help=help_text,
    )


def overwrite_option(function: _Function) -> _Function:
    """`--overwrite`, a bool as `overwrite`; the rule is that of `outputs`."""
    return click.option(
        "--overwrite",
        is_flag=True,
        help="Replace what is in the way, also what this command did not write.",
    )(function)


def pipeline_config_option(
    help_text: str = "The pipeline config.", *, required: bool = True
) -> Callable[[_Function], _Function]:
    """`--pipeline_config_path`, a string (it may be on a remote file system)."""
    return click.option("--pipeline_config_path", required=required, metavar="FILE", help=help_text)


def set_option(function: _Function) -> _Function:
    """`--set`, a tuple of strings `path=value` as `assignments`."""
    return click.option(
        "--set",
        "assignments",
        multiple=True,
        metavar="PATH.TO.FIELD=VALUE",
        help="Set a field of the config; may be given several times.",
    )(function)
