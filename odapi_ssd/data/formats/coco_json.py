"""Reads one JSON file of COCO annotations: its images, its categories, and the objects in them.

The file is read item by item, so that of each annotation no more is kept than an
`AnnotatedObject` needs. What is wrong with single items becomes a line for the user.

Source: the data format at https://cocodataset.org/#format-data.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from odapi_ssd.data.annotations import AnnotatedObject
from odapi_ssd.data.class_names import name_problem
from odapi_ssd.data.formats.coco_masks import parse_mask, polygons_extent
from odapi_ssd.data.formats.coco_rows import CocoId, CocoRow, CocoRows
from odapi_ssd.data.json_stream import JsonLists
from odapi_ssd.data.json_values import JsonObject, WrongJsonError
from odapi_ssd.data.masks import Mask, PolygonMask
from odapi_ssd.messages import count_of, list_some

__all__ = ["CocoContent", "CocoImage", "read_coco_json"]

_NUM_BOX_VALUES = 4


@dataclass(frozen=True)
class CocoImage:
    """One entry of `images`.

    Attributes:
        file_name: as it is written; it may hold folders, of whatever machine.
        declared_hw: height and width in pixels; None if not stated.
        objects: those annotations that name the image, in the file's order.
        faults: why it cannot be used: what is wrong with its entry or its annotations, one line
            each, without names of files.
    """

    file_name: str
    declared_hw: tuple[int, int] | None
    objects: tuple[AnnotatedObject, ...]
    faults: tuple[str, ...] = ()


@dataclass
class CocoContent:
    """The content of a file.

    Attributes:
        categories: names by id, in the file's order.
        num_without_box: annotations that have neither a box nor a mask, such as captions.
        num_keypoints: annotations that have keypoints, which are not read.
        faults: what is wrong with the file, or with items that are of no image; one line each,
            without the file's name.
        image_faults: what is wrong with entries of images and with annotations, likewise, by the
            id of the image.
        warnings: what the user should know, likewise.
        entries: file name, and height and width in pixels if stated, of images by id, in the file's
            order.
        rows: the annotations.
    """

    categories: dict[CocoId, str] = field(default_factory=dict)
    num_without_box: int = 0
    num_keypoints: int = 0
    faults: list[str] = field(default_factory=list)
    image_faults: dict[CocoId, list[str]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    entries: dict[CocoId, tuple[str, tuple[int, int] | None]] = field(default_factory=dict)
    rows: CocoRows = field(default_factory=CocoRows)

    def has_no_boxes(self) -> bool:
        """Whether it is a sound file of captions or the like."""
        has_boxes = self.rows.num_by_category or self.faults or self.image_faults
        return self.num_without_box > 0 and not has_boxes

    def images(self) -> Iterator[CocoImage]:
        """The images with those of their objects that have a class, in the file's order."""
        for image_id, (file_name, declared_hw) in self.entries.items():
            objects = tuple(self._objects(image_id))
            faults = (*self.image_faults.get(image_id, ()), *self._unknown_categories(image_id))
            yield CocoImage(file_name, declared_hw, objects, faults)

    def _unknown_categories(self, image_id: CocoId) -> Iterator[str]:
        """Lines about the categories that annotations of an image name, and the file lacks."""
        if self.rows.num_by_category.keys() <= self.categories.keys():
            return
        counts = Counter(row.category_id for row in self.rows.of_image(image_id))
        for category_id, number in counts.items():
            if category_id not in self.categories:
                what = count_of(number, "annotation has", "annotations have")
                yield f"{what} the category_id {category_id!r}, which is not among the categories"

    def _objects(self, image_id: CocoId) -> Iterator[AnnotatedObject]:
        for number, row in enumerate(self.rows.of_image(image_id), start=1):
            name = self.categories.get(row.category_id)
            if name is not None:
                yield AnnotatedObject(
                    number,
                    name,
                    row.box_xyxy_px,
                    is_crowd=row.is_crowd,
                    mask=row.mask,
                    area_px=row.area_px,
                )


def read_coco_json(path: Path) -> CocoContent:
    """Reads a file; whatever is wrong with it is among the content's faults."""
    reader = _Reader()
    try:
        with JsonLists(path) as lists:
            for key, items in lists:
                if items is not None:
                    reader.take(key, items)
    except WrongJsonError as error:
        return CocoContent(faults=[str(error)])
    except OSError as error:
        return CocoContent(faults=[f"it cannot be read: {error.strerror or error}"])
    return reader.finish()


class _Reader:
    """Collects the items of a file, whose lists come in any order."""

    def __init__(self) -> None:
        self.content = CocoContent()
        self._annotation_ids: set[CocoId] = set()
        self._num_repeated = 0

    def take(self, key: str, items: Iterator[Any]) -> None:
        """Takes the items of one list of the root."""
        take_item = {
            "images": self._take_image,
            "categories": self._take_category,
            "annotations": self._take_annotation,
        }.get(key)
        if take_item is None:
            return
        for index, item in enumerate(items):
            try:
                take_item(JsonObject(item, f"{key}[{index}]"))
            except WrongJsonError as error:
                self.content.faults.append(str(error))

    def _add_image_fault(self, image_id: CocoId, error: WrongJsonError) -> None:
        self.content.image_faults.setdefault(image_id, []).append(str(error))

    def finish(self) -> CocoContent:
        """The content, when all lists are taken."""
        content = self.content
        content.faults += self._describe_unknown_images()
        if self._num_repeated:
            what = count_of(self._num_repeated, "annotation has", "annotations have")
            content.warnings.append(f"{what} the id of another one; all of them are taken")
        if content.num_keypoints:
            what = count_of(content.num_keypoints, "annotation has", "annotations have")
            content.warnings.append(f"{what} keypoints, which are not read")
        return content

    def _take_image(self, item: JsonObject) -> None:
        image_id, entries = _read_id(item, "id"), self.content.entries
        if image_id in entries:
            raise WrongJsonError(f"{item.where}.id is {image_id!r}, which another image has too")
        file_name, declared_hw = item.text("file_name"), None
        try:
            declared_hw = _read_size(item)
        except WrongJsonError as error:
            self._add_image_fault(image_id, error)
        entries[image_id] = file_name, declared_hw

    def _take_category(self, item: JsonObject) -> None:
        category_id, name = _read_id(item, "id"), item.text("name").strip()
        known = self.content.categories
        if not name:
            raise WrongJsonError(f"{item.where}.name is '', the name of a class was expected")
        problem = name_problem(name)
        if problem is not None:
            raise WrongJsonError(f"{item.where}.name is {name!r}, which {problem}")
        if known.setdefault(category_id, name) != name:
            raise WrongJsonError(
                f"{item.where}.id is {category_id!r}, which {known[category_id]!r} has too"
            )

    def _take_annotation(self, item: JsonObject) -> None:
        if "category_id" not in item and "bbox" not in item:
            self.content.num_without_box += 1
            return
        image_id = _read_id(item, "image_id")
        self.content.num_keypoints += bool(item.get("keypoints"))
        try:
            if item.has("id"):
                annotation_id = _read_id(item, "id")
                self._num_repeated += annotation_id in self._annotation_ids
                self._annotation_ids.add(annotation_id)
            self.content.rows.add(image_id, _read_row(item))
        except WrongJsonError as error:
            self._add_image_fault(image_id, error)

    def _describe_unknown_images(self) -> Iterator[str]:
        """Lines about images that annotations name, but the file does not have."""
        content = self.content
        counts = Counter(content.rows.counts())
        for image_id, lines in content.image_faults.items():
            counts[image_id] += len(lines)
        unknown = [image_id for image_id in counts if image_id not in content.entries]
        for image_id in unknown:
            yield from content.image_faults.get(image_id, ())
        if unknown:
            number = sum(counts[image_id] for image_id in unknown)
            what = count_of(number, "annotation is", "annotations are")
            ids = list_some(map(repr, unknown))
            yield f"{what} of images that are not among the file's images: image_id {ids}"


def _read_row(item: JsonObject) -> CocoRow:
    mask = parse_mask(item)
    return CocoRow(
        category_id=_read_id(item, "category_id"),
        box_xyxy_px=_read_box(item, mask),
        is_crowd=item.flag("iscrowd", default=False),
        area_px=item.number("area") if item.has("area") else None,
        mask=mask,
    )


def _read_box(item: JsonObject, mask: Mask | None) -> tuple[float, float, float, float]:
    """The box as xmin, ymin, xmax, ymax; that of the polygons where there is none of its own."""
    if isinstance(mask, PolygonMask) and not item.has("bbox"):
        return polygons_extent(mask)
    values = item.numbers("bbox")
    if len(values) != _NUM_BOX_VALUES:
        raise WrongJsonError(
            f"{item.where}.bbox has {count_of(len(values), 'number')}, expected x, y, width, height"
        )
    x, y, width, height = values
    if not math.isfinite(x + width) or not math.isfinite(y + height):
        raise WrongJsonError(f"{item.where}.bbox reaches beyond all numbers")
    return x, y, x + width, y + height


def _read_id(item: JsonObject, key: str) -> CocoId:
    return item.text(key) if item.kind(key) is str else item.integer(key)


def _read_size(item: JsonObject) -> tuple[int, int] | None:
    """Height and width; None where either is missing or 0, as tools write what they do not know."""
    height, width = (item.number(key) if item.has(key) else 0 for key in ("height", "width"))
    if height < 1 or width < 1:
        return None
    return int(height), int(width)
