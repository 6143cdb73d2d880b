"""Checks an annotated image and makes an example of it. Runs in worker processes.

An example that fails its checks travels back as a fault, so that a conversion can name all
offenders at once.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypedDict

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.data.box_findings import BoxFinding, OddBoxes, find_odd_boxes
from odapi_ssd.data.boxes import describe_box, fit_box, is_inverted, order_corners
from odapi_ssd.data.images import CheckedImage, check_image
from odapi_ssd.data.orientation import boxes_are_upright, upright_hw
from odapi_ssd.errors import OdapiError

__all__ = [
    "Example",
    "ExampleFacts",
    "ExampleFault",
    "ExampleOptions",
    "PlacedObject",
    "VerifyImage",
    "check_example",
]

VerifyImage = Callable[[bytes, tuple[int, int]], str | None]
"""Takes an image as it goes into the record, and its height and width in pixels; returns what is
wrong with it, or None. A module's top-level function, as it travels to worker processes."""


@dataclass(frozen=True)
class ExampleOptions:
    """How examples are made of annotated images.

    Attributes:
        verify: a further check of each image; None for none.
        fix_inverted: put boxes right whose corners are swapped, instead of dropping them.
        max_side: the longest side in pixels that an image may have in the output; None for any.
        include_masks: whether objects get their masks, each of them.
    """

    verify: VerifyImage | None = None
    max_side: int | None = None
    fix_inverted: bool = False
    include_masks: bool = False


_DEFAULTS = ExampleOptions()


@dataclass(frozen=True)
class PlacedObject:
    """An object in the image as it is in the output.

    Attributes:
        annotated: the object.
        box_yxyx: ymin, xmin, ymax, xmax, float32 values, normalized to 0..1.
        mask_png: its mask of the image's size, as `mask_rendering` encodes it; None without masks.
        area_px: the pixels of its mask, else its area as annotated; None if neither is known.
    """

    annotated: AnnotatedObject
    box_yxyx: tuple[float, float, float, float]
    mask_png: bytes | None = None
    area_px: float | None = None


@dataclass(frozen=True)
class Example:
    """A checked example, ready for a record.

    Attributes:
        filename: the image's name, also the example's source id.
        image: its bytes and size.
        objects: those whose box has an area, in the order of the annotation.
        dropped: objects whose box has zero area.
        clipped: objects whose box was clipped to the image; they are among `objects`.
        fixed: objects whose corners were swapped and have been put right.
        odd: further objects to tell of; they are among `objects`.
        size_conflict: how the annotated size disagrees with the image; empty if it does not.
        has_rotated_boxes: whether the boxes were annotated on the image as its EXIF orientation
            shows it, and rotated to the image as it is stored.
    """

    filename: str
    image: CheckedImage
    objects: tuple[PlacedObject, ...]
    dropped: tuple[BoxFinding, ...]
    clipped: tuple[BoxFinding, ...]
    size_conflict: str = ""
    has_rotated_boxes: bool = False
    fixed: tuple[BoxFinding, ...] = ()
    odd: OddBoxes = field(default_factory=OddBoxes)

    def facts(self) -> "ExampleFacts":
        """What is counted and reported of it."""
        return ExampleFacts(
            filename=self.filename,
            image_hw=self.image.image_hw,
            exif_orientation=self.image.exif_orientation,
            class_names=tuple(placed.annotated.name for placed in self.objects),
            dropped=self.dropped,
            clipped=self.clipped,
            size_conflict=self.size_conflict,
            has_rotated_boxes=self.has_rotated_boxes,
            fixed=self.fixed,
            odd=self.odd,
            sha256=self.image.sha256,
            is_resized=self.image.resized_from_hw is not None,
            is_first_frame=self.image.is_first_frame,
            had_transparency=self.image.had_transparency,
            has_empty_masks=any(
                placed.mask_png is not None and not placed.area_px for placed in self.objects
            ),
        )


@dataclass(frozen=True)
class ExampleFacts:
    """What is counted and reported of an example, without its image.

    Attributes:
        image_hw: height and width in pixels as stored.
        exif_orientation: 1 if upright or not given.
        class_names: of its objects, in their order.

        is_resized: whether the image was made smaller.
        is_first_frame: whether it is the first frame of an animation.
        had_transparency: whether pixels were transparent in the file.
        sha256: hexadecimal digest of the encoded image.
        has_empty_masks: whether an object has a mask without a pixel.

    The others are those of `Example`.
    """

    filename: str
    image_hw: tuple[int, int]
    exif_orientation: int
    class_names: tuple[str, ...]
    dropped: tuple[BoxFinding, ...]
    clipped: tuple[BoxFinding, ...]
    size_conflict: str
    has_rotated_boxes: bool
    is_resized: bool = False
    is_first_frame: bool = False
    had_transparency: bool = False
    fixed: tuple[BoxFinding, ...] = ()
    odd: OddBoxes = field(default_factory=OddBoxes)
    sha256: str = ""
    has_empty_masks: bool = False


@dataclass(frozen=True)
class ExampleFault:
    """An image that failed its checks.

    Attributes:
        file: its annotation, as messages name it.
        message: what is wrong, in one line that begins with that.
    """

    file: str
    message: str


def check_example(
    annotated: AnnotatedImage, options: ExampleOptions = _DEFAULTS
) -> Example | ExampleFault:
    """Decodes the image and fits the boxes to its true size, in the frame of the stored image.

    Args:
        annotated: the image.
        options: see there.
    """
    annotation, verify = annotated.annotation, options.verify
    try:
        image = _read_image(annotated, options.max_side)
    except OdapiError as error:
        return ExampleFault(annotation.source, f"{annotation.source}: image {error.problem}")
    refusal = verify(image.encoded, image.image_hw) if verify is not None else None
    if refusal is not None:
        message = f"{annotation.source}: image {_image_name(annotated)}: {refusal}"
        return ExampleFault(annotation.source, message)
    orientation = image.exif_orientation
    is_upright = (annotation.is_upright and orientation != 1) or boxes_are_upright(
        annotation.declared_hw, image.file_hw, orientation
    )
    if not is_upright:
        orientation = 1
    annotated_hw = upright_hw(image.file_hw, orientation)
    boxes = _fit_boxes(annotation, annotated_hw, orientation, options.fix_inverted)
    objects = [_with_area(placed, image) for placed in boxes["objects"]]
    if options.include_masks:
        try:
            objects = _with_masks(objects, annotated_hw, orientation, image)
        except OdapiError as error:
            return ExampleFault(annotation.source, f"{annotation.source}: {error.problem}")
    boxes["objects"] = tuple(objects)
    return Example(
        filename=annotated.record_name,
        image=image,
        size_conflict="" if is_upright else _describe_size_conflict(annotation, image),
        has_rotated_boxes=is_upright,
        **boxes,
    )


class _FittedBoxes(TypedDict):
    """The fields of `Example` that are about boxes."""

    objects: tuple[PlacedObject, ...]
    dropped: tuple[BoxFinding, ...]
    clipped: tuple[BoxFinding, ...]
    fixed: tuple[BoxFinding, ...]
    odd: OddBoxes


def _fit_boxes(
    annotation: Annotation, annotated_hw: tuple[int, int], orientation: int, fix_inverted: bool
) -> _FittedBoxes:
    """Fits the boxes to an image of that size; puts right those that are to be fixed."""
    objects, dropped, clipped, fixed = [], [], [], []
    for one in annotation.objects:
        if fix_inverted and is_inverted(one.box_xyxy_px):
            reason = f"corners were swapped: {describe_box(one.box_xyxy_px)}"
            fixed.append(BoxFinding(annotation.source, one.number, one.name, reason))
            one = replace(one, box_xyxy_px=order_corners(one.box_xyxy_px))
        fitted = fit_box(one.box_xyxy_px, annotated_hw, orientation)
        finding = BoxFinding(annotation.source, one.number, one.name, fitted.reason)
        if fitted.box_yxyx is None:
            dropped.append(finding)
            continue
        objects.append(PlacedObject(one, fitted.box_yxyx))
        if fitted.is_clipped:
            clipped.append(finding)
    return _FittedBoxes(
        objects=tuple(objects),
        dropped=tuple(dropped),
        clipped=tuple(clipped),
        fixed=tuple(fixed),
        odd=find_odd_boxes(
            annotation.source,
            [placed.annotated for placed in objects],
            [placed.box_yxyx for placed in objects],
        ),
    )


def _with_masks(
    objects: list[PlacedObject],
    annotated_hw: tuple[int, int],
    orientation: int,
    image: CheckedImage,
) -> list[PlacedObject]:
    """The objects with their masks and the areas of those. Raises OdapiError."""
    from odapi_ssd.data.object_masks import render_masks  # here: NumPy takes time to start

    annotated = [placed.annotated for placed in objects]
    masks = render_masks(annotated, annotated_hw, orientation, image.image_hw)
    return [
        replace(placed, mask_png=mask.png, area_px=mask.area_px)
        for placed, mask in zip(objects, masks, strict=True)
    ]


def _with_area(placed: PlacedObject, image: CheckedImage) -> PlacedObject:
    """The object with its annotated area, scaled as the image is."""
    area_px = placed.annotated.area_px
    if area_px is None:
        return placed
    scale = math.prod(image.image_hw) / math.prod(image.file_hw)
    return replace(placed, area_px=area_px * scale)


def _read_image(annotated: AnnotatedImage, max_side: int | None) -> CheckedImage:
    name = _image_name(annotated)
    try:
        content = annotated.read_bytes()
    except OSError as error:
        raise OdapiError(f"{name}: cannot be read: {error.strerror or error}") from error
    return check_image(content, name, max_side)


def _image_name(annotated: AnnotatedImage) -> str:
    """What messages call the image: its file, unless that holds several."""
    return annotated.path.name if annotated.byte_range is None else annotated.record_name


def _describe_size_conflict(annotation: Annotation, image: CheckedImage) -> str:
    declared_hw = annotation.declared_hw
    if declared_hw is None or declared_hw == image.file_hw:
        return ""
    text = (
        f"{annotation.source} (says {declared_hw[1]}x{declared_hw[0]}, "
        f"is {image.file_hw[1]}x{image.file_hw[0]}"
    )
    if declared_hw == image.file_hw[::-1]:
        return text + ": width and height are swapped, perhaps the image was rotated)"
    return text + ")"
