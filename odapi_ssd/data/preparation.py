"""The work on one image of a conversion: checked, and encoded for the output. Runs in workers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from odapi_ssd.data.annotations import AnnotatedImage
from odapi_ssd.data.examples import (
    Example,
    ExampleFacts,
    ExampleFault,
    ExampleOptions,
    check_example,
)

__all__ = ["PreparedExample", "prepare_example"]


@dataclass(frozen=True)
class PreparedExample:
    """An example as it is written, and what is reported of it."""

    facts: ExampleFacts
    payload: Any


def prepare_example(
    annotated: AnnotatedImage,
    options: ExampleOptions,
    encode: Callable[[Example], Any] | None,
) -> PreparedExample | ExampleFault:
    """Checks an image and encodes it.

    Args:
        annotated: the image.
        options: how it is checked.
        encode: makes the payload; None for an image that is checked only.
    """
    example = check_example(annotated, options)
    if isinstance(example, ExampleFault):
        return example
    return PreparedExample(example.facts(), None if encode is None else encode(example))
