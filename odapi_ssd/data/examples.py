"""Binds an annotation and its picture into a checked example. Runs in worker processes.

Imports no TensorFlow. An example that fails its checks travels back as a line for the user, so
that a conversion can name all offenders at once.
"""

from dataclasses import dataclass
from pathlib import Path

from odapi_ssd.data.boxes import fit_box
from odapi_ssd.data.formats.voc_xml import Annotation, VocObject
from odapi_ssd.data.images import CheckedImage, read_image
from odapi_ssd.errors import OdapiError

__all__ = [
    "BoxFinding",
    "Example",
    "ExampleFault",
    "ExampleSource",
    "PlacedObject",
    "check_example",
]


@dataclass(frozen=True)
class ExampleSource:
    """What an example is made of: the parsed annotation and where its picture lies."""

    annotation: Annotation
    image_path: Path


@dataclass(frozen=True)
class PlacedObject:
    """An object and its box: ymin, xmin, ymax, xmax, float32 values, normalized to 0..1."""

    voc_object: VocObject
    box_yxyx: tuple[float, float, float, float]


@dataclass(frozen=True)
class BoxFinding:
    """A box that was dropped or clipped: annotation file, object's number from 1, class, why."""

    file: str
    object: int
    name: str
    reason: str


@dataclass(frozen=True)
class Example:
    """A checked example, ready for a record.

    Attributes:
        filename: the picture's file name, also the example's source id.
        image: its bytes and measures.
        objects: those with a box of some area, in the order of the file.
        dropped: objects whose box has no area.
        clipped: objects whose box was cut at the image's edge; they are among `objects`.
        size_conflict: how `<size>` disagrees with the picture; empty if it does not.
    """

    filename: str
    image: CheckedImage
    objects: tuple[PlacedObject, ...]
    dropped: tuple[BoxFinding, ...]
    clipped: tuple[BoxFinding, ...]
    size_conflict: str


@dataclass(frozen=True)
class ExampleFault:
    """Why there is no example: one line for the user."""

    message: str


def check_example(source: ExampleSource) -> Example | ExampleFault:
    """Decodes the picture and fits the boxes to its true size."""
    annotation = source.annotation
    try:
        image = read_image(source.image_path)
    except OdapiError as error:
        return ExampleFault(f"{annotation.source}: image {error.problem}")
    objects, dropped, clipped = [], [], []
    for voc_object in annotation.objects:
        fitted = fit_box(voc_object.box_xyxy_px, image.image_hw)
        finding = BoxFinding(annotation.source, voc_object.number, voc_object.name, fitted.reason)
        if fitted.box_yxyx is None:
            dropped.append(finding)
            continue
        objects.append(PlacedObject(voc_object, fitted.box_yxyx))
        if fitted.is_clipped:
            clipped.append(finding)
    return Example(
        filename=source.image_path.name,
        image=image,
        objects=tuple(objects),
        dropped=tuple(dropped),
        clipped=tuple(clipped),
        size_conflict=_describe_size_conflict(annotation, image),
    )


def _describe_size_conflict(annotation: Annotation, image: CheckedImage) -> str:
    declared_hw = annotation.declared_hw
    if declared_hw is None or declared_hw == image.image_hw:
        return ""
    text = (
        f"{annotation.source} (says {declared_hw[1]}x{declared_hw[0]}, "
        f"is {image.image_hw[1]}x{image.image_hw[0]}"
    )
    if declared_hw == image.image_hw[::-1]:
        return text + ": width and height are swapped, perhaps the picture was rotated)"
    return text + ")"
