"""The API's own converters: run in this process or as a user starts them, and what they write."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from tests.support.command_line import run_odapi_ssd
from tests.support.dataset_files import IMAGE_HW


@contextmanager
def dataset_program(name: str, **flag_values: Any) -> Iterator[Any]:
    """One of `dataset_tools` in this process; its flags are removed at the end."""
    from odapi_ssd.plugin.api_programs import loaded_program

    with loaded_program(f"dataset_tools.{name}", flag_values) as program:
        yield program


def run_dataset_program(name: str, **flag_values: Any) -> None:
    """Runs one of `dataset_tools` as a user does."""
    flags = [f"--{flag}={value}" for flag, value in flag_values.items()]
    completed = run_odapi_ssd("api", f"dataset_tools.{name}", *flags)
    assert completed.returncode == 0, completed.stderr[-3000:]


def rectangle_mask(top: int, left: int, bottom: int, right: int) -> np.ndarray:
    """A mask of ones in a rectangle, in pixels: uint8 of IMAGE_HW."""
    mask = np.zeros(IMAGE_HW, np.uint8)
    mask[top:bottom, left:right] = 1
    return mask


def decode_example(example: Any, **options: Any) -> Mapping[str, np.ndarray]:
    """An example as the API's input pipeline decodes it."""
    from object_detection.data_decoders import tf_example_decoder

    decoder = tf_example_decoder.TfExampleDecoder(**options)
    return {k: v.numpy() for k, v in decoder.decode(example.SerializeToString()).items()}
