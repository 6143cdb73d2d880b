"""The work on one image of a conversion: checked, and encoded for the output. Runs in workers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from odapi_ssd.data.annotations import AnnotatedImage
from odapi_ssd.data.examples import (
    Example,
    ExampleFacts,
    ExampleFault,
    ExampleOptions,
    check_example,
)
from odapi_ssd.data.image_store import unpack_image

__all__ = ["PreparedExample", "prepare_example", "prepare_packed_example"]


@dataclass(frozen=True)
class PreparedExample:
    """An example as it is written, and what is reported of it.

    Attributes:
        facts: what is counted and reported.
        payload: what the writer takes.
        lost: how many of each kind the output's format cannot hold.
    """

    facts: ExampleFacts
    payload: Any
    lost: Mapping[str, int] = field(default_factory=dict)


def prepare_example(
    annotated: AnnotatedImage,
    options: ExampleOptions,
    encode: Callable[[Example], Any] | None,
    find_lost: Callable[[Example], Mapping[str, int]] | None = None,
) -> PreparedExample | ExampleFault:
    """Checks an image and encodes it.

    Args:
        annotated: the image.
        options: how it is checked.
        encode: makes the payload; None for an image that is checked only.
        find_lost: counts what the payload does not hold; None if it holds everything.
    """
    example = check_example(annotated, options)
    if isinstance(example, ExampleFault):
        return example
    return PreparedExample(
        facts=example.facts(),
        payload=None if encode is None else encode(example),
        lost={} if find_lost is None else find_lost(example),
    )


def prepare_packed_example(
    packed: bytes,
    options: ExampleOptions,
    encode: Callable[[Example], Any] | None,
    find_lost: Callable[[Example], Mapping[str, int]] | None = None,
) -> PreparedExample | ExampleFault:
    """`prepare_example` of an image as it travels to workers: packed by `image_store`."""
    return prepare_example(unpack_image(packed), options, encode, find_lost)
