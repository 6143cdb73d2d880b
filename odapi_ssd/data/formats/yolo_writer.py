"""Writes a dataset as Ultralytics trains on it: `images/<split>/`, `labels/<split>/`, `data.yaml`.

Boxes are those of the image as it is shown, its EXIF orientation applied, as Ultralytics reads
images. They have as many decimals as it takes to get the same float32 values back. A mask is
written if it is a single polygon with the very box around it, as its row has no other box.

Source: https://docs.ultralytics.com/datasets/detect/.
"""

import functools
import io
import struct
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from PIL import Image

from odapi_ssd.data.examples import Example, PlacedObject
from odapi_ssd.data.formats.writing import Detail, WriterContext, find_lost
from odapi_ssd.data.formats.written_files import (
    RenamedImages,
    WrittenFiles,
    safe_image_name,
    safe_part,
)
from odapi_ssd.data.formats.yolo_layout import without_layout
from odapi_ssd.data.images import CheckedImage
from odapi_ssd.data.masks import PolygonMask
from odapi_ssd.data.orientation import read_orientation, to_stored, to_upright, upright_hw
from odapi_ssd.data.summary import LABEL_MAP_FILE
from odapi_ssd.messages import count_of, list_some

__all__ = ["YoloPayload", "YoloWriter"]

_IMAGES, _LABELS, _CONFIG = "images", "labels", "data.yaml"
_LEAST_DECIMALS, _MOST_DECIMALS = 6, 17


@dataclass(frozen=True)
class YoloPayload:
    """An example as files.

    Attributes:
        image_name: where the image goes, in the folder of the split, if nothing else is there.
        record_name: its name in records, if files can have it.
        image: the bytes of its file.
        rows: the text of its labels.
    """

    image_name: str
    record_name: str
    image: bytes
    rows: str


class YoloWriter:
    """Writes images, labels and `data.yaml`."""

    keeps_other_splits = False

    def __init__(self, context: WriterContext):
        self._context = context
        self._folder_of: dict[str, str] = {}
        self._names = _NamesRead()

    @staticmethod
    def target_names(output_dir: Path, splits: Collection[str]) -> list[str]:
        """Both folders, whole: the splits of an earlier conversion go with them."""
        return [_IMAGES, _LABELS, _CONFIG]

    @property
    def encode(self) -> Callable[[Example], YoloPayload]:
        """Makes the files of one example."""
        index_of = {name: index for index, name in enumerate(self._context.label_map)}
        return functools.partial(_encode, index_of=index_of)

    @property
    def lost(self) -> Callable[[Example], Mapping[str, int]]:
        """What objects have beside class, box and polygon, and names that files cannot have."""
        return _find_lost

    def open_split(self, split: str, num_examples: int, num_bytes: int) -> "_YoloSplitWriter":
        """Begins the folders of a split; names that are equal once they are safe get a number."""
        folder = wanted = safe_part(split)
        number = 2
        while folder.casefold() in map(str.casefold, self._folder_of.values()):
            folder = f"{wanted}_{number}"
            number += 1
        self._folder_of[split] = folder
        return _YoloSplitWriter(self._context.folder, folder, self._names, [*self._folder_of])

    def finish(self) -> list[str]:
        """Writes `data.yaml`, in which classes are numbered from 0 in the order of their ids.

        Tells of classes and images that are called otherwise when the output is read.
        """
        import yaml  # Workers import this module too, and have no use for it.

        splits = {split: f"{_IMAGES}/{folder}" for split, folder in self._folder_of.items()}
        names = dict(enumerate(self._context.label_map))
        text = yaml.safe_dump({**splits, "names": names}, sort_keys=False, allow_unicode=True)
        (self._context.folder / _CONFIG).write_bytes(text.encode())
        return [*_describe_ids(self._context.label_map), *self._names.renamed.warnings()]


class _YoloSplitWriter:
    """Writes the examples of one split."""

    num_shards = 1

    def __init__(self, folder: Path, split_folder: str, names: "_NamesRead", splits: list[str]):
        self._names, self._place, self._splits = names, f"{_IMAGES}/{split_folder}", splits
        self._images = WrittenFiles(folder / _IMAGES / split_folder)
        self._labels = WrittenFiles(folder / _LABELS / split_folder)
        self._stems: set[str] = set()

    def write(self, payload: YoloPayload, /) -> None:
        """Writes an image and its labels, under a name that no other image's labels have."""
        path = PurePosixPath(payload.image_name)
        number = 2
        while str(path.with_suffix("")).casefold() in self._stems:
            path = PurePosixPath(payload.image_name)
            path = path.with_name(f"{path.stem}_{number}{path.suffix}")
            number += 1
        name = self._images.write([str(path)], payload.image)
        stem = str(PurePosixPath(name).with_suffix(""))
        self._stems.add(stem.casefold())
        self._labels.write([f"{stem}.txt"], payload.rows.encode())
        self._names.add(payload.record_name, f"{self._place}/{name}", self._splits)

    def close(self) -> None:
        """All is written with the examples."""


class _NamesRead:
    """The names that images will have when the output is read."""

    def __init__(self) -> None:
        self.renamed = RenamedImages()
        # By a hash, for little memory: whether the first image of that name has it as before.
        self._is_as_before: dict[int, bool] = {}

    def add(self, record_name: str, path: str, splits: Collection[str]) -> None:
        """Takes the name of an image in records, and the path of its file in the output.

        Images of equal names, also in two splits, get their paths for names.
        """
        name_read = without_layout(path, splits)
        key = hash(name_read.casefold())
        if key not in self._is_as_before:
            self._is_as_before[key] = name_read == record_name
            self.renamed.add(record_name, name_read)
            return
        self.renamed.add(record_name, path, 1 + self._is_as_before[key])
        self._is_as_before[key] = False


def _describe_ids(label_map: Mapping[str, int]) -> list[str]:
    """A line about the classes whose ids have gaps before them, which `data.yaml` closes."""
    changed = [
        f"{name} ({class_id}, then {place})"
        for place, (name, class_id) in enumerate(label_map.items(), start=1)
        if place != class_id
    ]
    if not changed:
        return []
    what = count_of(len(changed), "class has", "classes have")
    return [
        f"{what} another id when the output is read, as YOLO numbers classes without gaps: "
        f"{list_some(changed)}. Keep {LABEL_MAP_FILE}, and give it with --label_map_path."
    ]


def _encode(example: Example, index_of: Mapping[str, int]) -> YoloPayload:
    orientation = _orientation_of(example.image)
    rows = [
        f"{index_of[placed.annotated.name]} "
        f"{_polygon_text(example, placed, orientation) or _box_text(placed, orientation)}\n"
        for placed in example.objects
    ]
    return YoloPayload(
        image_name=_image_name(example),
        record_name=safe_image_name(example.filename, example.image.record_format),
        image=example.image.encoded,
        rows="".join(rows),
    )


def _image_name(example: Example) -> str:
    """Where an image goes in its split's folder.

    No folder there is called `images`: Ultralytics looks for labels in `labels` instead of the last
    such folder of a path.
    """
    name = without_layout(example.filename)
    *folders, name = safe_image_name(name, example.image.record_format).split("/")
    return "/".join([*(f"{one}_" if one == _IMAGES else one for one in folders), name])


def _orientation_of(image: CheckedImage) -> int:
    """The EXIF orientation of the bytes that are written, which may be other than the file's."""
    if image.exif_orientation == 1:
        return 1
    with Image.open(io.BytesIO(image.encoded)) as opened:
        return read_orientation(opened)


def _polygon_text(example: Example, placed: PlacedObject, orientation: int) -> str:
    """The points of an object's mask, normalized; empty if it is written as a box."""
    mask = placed.annotated.mask
    if placed.mask_png is None or not isinstance(mask, PolygonMask):
        return ""
    is_as_annotated = example.image.exif_orientation == 1 or (
        example.has_rotated_boxes and orientation == example.image.exif_orientation
    )
    if len(mask.polygons_xy_px) != 1 or not is_as_annotated:
        return ""
    (points,) = mask.polygons_xy_px
    height, width = upright_hw(example.image.file_hw, orientation)
    xs, ys = [x / width for x in points[::2]], [y / height for y in points[1::2]]
    bounds = to_stored((min(ys), min(xs), max(ys), max(xs)), orientation)
    if tuple(map(_float32, bounds)) != placed.box_yxyx:
        return ""
    return " ".join(f"{x!r} {y!r}" for x, y in zip(xs, ys, strict=True))


def _box_text(placed: PlacedObject, orientation: int) -> str:
    """Center and size of a box, normalized, with the decimals that it takes."""
    ymin, xmin, ymax, xmax = to_upright(placed.box_yxyx, orientation)
    numbers = ((xmin + xmax) / 2, (ymin + ymax) / 2, xmax - xmin, ymax - ymin)
    text = ""
    for num_decimals in range(_LEAST_DECIMALS, _MOST_DECIMALS + 1):
        text = " ".join(f"{number:.{num_decimals}f}" for number in numbers)
        if _box_of(text, orientation) == placed.box_yxyx:
            break
    return text


def _box_of(text: str, orientation: int) -> tuple[float, ...]:
    """The box that a reader makes of its text, in the image as it is stored: float32 values."""
    x, y, width, height = map(float, text.split())
    sides = (y - height / 2, x - width / 2, y + height / 2, x + width / 2)
    ymin, xmin, ymax, xmax = (min(max(one, 0.0), 1.0) for one in sides)
    return tuple(map(_float32, to_stored((ymin, xmin, ymax, xmax), orientation)))


def _float32(value: float) -> float:
    return float(struct.unpack("f", struct.pack("f", value))[0])


def _find_lost(example: Example) -> dict[str, int]:
    lost = find_lost(example, ())
    orientation = _orientation_of(example.image)
    num_polygons = sum(bool(_polygon_text(example, one, orientation)) for one in example.objects)
    if num_polygons:
        lost[Detail.MASK.value] -= num_polygons
        lost = {kind: number for kind, number in lost.items() if number}
    if safe_image_name(example.filename, example.image.record_format) != example.filename:
        lost["names of images"] = 1
    return lost
