"""Writes a dataset as COCO JSON: `annotations/instances_<split>.json` and `images/<split>/`.

Reading it again gives the same records: images keep their bytes, boxes are pixels that become the
same float32 values when they are divided by the image's size. A file is written as its examples
come, so that it may be larger than the memory: images first, with their annotations in a file
beside it, which is appended at the end.

Source: the data format at https://cocodataset.org/#format-data.
"""

import functools
import json
import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from odapi_ssd.data.examples import Example, PlacedObject
from odapi_ssd.data.formats.pixel_text import pixel_text
from odapi_ssd.data.formats.writing import Detail, WriterContext, find_lost
from odapi_ssd.data.formats.written_files import (
    RenamedImages,
    WrittenFiles,
    safe_image_name,
    safe_part,
)

__all__ = ["CocoPayload", "CocoWriter"]

_ANNOTATIONS, _IMAGES = "annotations", "images"
_HELD = frozenset({Detail.CROWD, Detail.MASK, Detail.AREA})


@dataclass(frozen=True)
class CocoPayload:
    """An example as an image file and JSON entries, which still lack their ids.

    Attributes:
        image_name: where the image goes, in the folder of the split, if nothing else is there.
        image: the bytes of its file.
        image_hw: height and width in pixels.
        annotations: the entries of its objects, but for `id` and `image_id`.
    """

    image_name: str
    image: bytes
    image_hw: tuple[int, int]
    annotations: tuple[Mapping[str, Any], ...]


class CocoWriter:
    """Writes a JSON file and a folder of images for each split."""

    keeps_other_splits = False

    def __init__(self, context: WriterContext):
        self._context = context
        self._ids, self._renamed = _Ids(), RenamedImages()
        self._stems: set[str] = set()

    @staticmethod
    def target_names(output_dir: Path, splits: Collection[str]) -> list[str]:
        """Both folders, whole: the splits of an earlier conversion go with them."""
        return [_ANNOTATIONS, _IMAGES]

    @property
    def encode(self) -> Callable[[Example], CocoPayload]:
        """Makes the files and entries of one example."""
        return functools.partial(_encode, label_map=self._context.label_map)

    @property
    def lost(self) -> Callable[[Example], Mapping[str, int]]:
        """What VOC has beside boxes, and names that files cannot have."""
        return _find_lost

    def open_split(self, split: str, num_examples: int, num_bytes: int) -> "_CocoSplitWriter":
        """Begins the JSON file of a split."""
        stem = safe_part(split)
        while stem in self._stems:  # Names may be equal once they are safe.
            stem += "_"
        self._stems.add(stem)
        return _CocoSplitWriter(self._context, stem, self._ids, self._renamed)

    def finish(self) -> list[str]:
        """All is written with the splits; tells of images with other names."""
        return self._renamed.warnings()


class _Ids:
    """The ids of images and annotations, from 1 over all splits."""

    def __init__(self) -> None:
        self.image_id = 0
        self.annotation_id = 0


class _CocoSplitWriter:
    """Writes the examples of one split."""

    num_shards = 1

    def __init__(self, context: WriterContext, stem: str, ids: _Ids, renamed: RenamedImages):
        folder = context.folder / _ANNOTATIONS
        folder.mkdir(exist_ok=True)
        self._ids, self._renamed = ids, renamed
        self._images = WrittenFiles(context.folder / _IMAGES / stem)
        self._names: set[str] = set()
        self._rest_path = folder / f"{stem}.part"
        self._file = _open_new(folder / f"instances_{stem}.json")
        self._rest = _open_new(self._rest_path)
        self._begin(context.label_map)

    def _begin(self, label_map: Mapping[str, int]) -> None:
        categories = [
            {"id": class_id, "name": name, "supercategory": ""}
            for name, class_id in label_map.items()
        ]
        info = _json({"description": "Written by odapi-ssd convert"})
        self._file.write(f'{{"info": {info},\n"licenses": [],\n"categories": {_json(categories)},')
        self._file.write('\n"images": [')
        self._separators = {self._file: "\n", self._rest: "\n"}

    def write(self, payload: CocoPayload, /) -> None:
        """Writes an image and its entries."""
        self._ids.image_id += 1
        image_id = self._ids.image_id
        height, width = payload.image_hw
        name = self._write_image(payload, image_id)
        self._add(self._file, {"id": image_id, "file_name": name, "width": width, "height": height})
        for annotation in payload.annotations:
            self._ids.annotation_id += 1
            self._add(
                self._rest, {"id": self._ids.annotation_id, "image_id": image_id, **annotation}
            )

    def _write_image(self, payload: CocoPayload, image_id: int) -> str:
        """Writes a file for this entry alone, also where another one has the same image."""
        name = self._images.write([payload.image_name], payload.image)
        path = PurePosixPath(payload.image_name)
        while name in self._names:
            path = path.with_name(f"{image_id}_{path.name}")
            name = self._images.write([str(path)], payload.image)
        self._names.add(name)
        self._renamed.add(payload.image_name, name)
        return name

    def _add(self, file: IO[str], entry: Mapping[str, Any]) -> None:
        file.write(self._separators[file] + _json(entry))
        self._separators[file] = ",\n"

    def close(self) -> None:
        """Appends the annotations to the images."""
        with self._file, self._rest:
            self._file.write('\n],\n"annotations": [')
            self._rest.seek(0)
            shutil.copyfileobj(self._rest, self._file)
            self._file.write("\n]}\n")
        self._rest_path.unlink()


def _encode(example: Example, label_map: Mapping[str, int]) -> CocoPayload:
    image = example.image
    return CocoPayload(
        image_name=safe_image_name(example.filename, image.record_format),
        image=image.encoded,
        image_hw=image.image_hw,
        annotations=tuple(
            _annotation(placed, label_map, image.image_hw) for placed in example.objects
        ),
    )


def _annotation(
    placed: PlacedObject, label_map: Mapping[str, int], image_hw: tuple[int, int]
) -> dict[str, Any]:
    ymin, xmin, ymax, xmax = placed.box_yxyx
    height, width = image_hw
    x, box_width = _start_and_length(xmin, xmax, width)
    y, box_height = _start_and_length(ymin, ymax, height)
    area = box_width * box_height if placed.area_px is None else placed.area_px
    entry = {
        "category_id": label_map[placed.annotated.name],
        "bbox": [x, y, box_width, box_height],
        "area": area,
        "iscrowd": int(placed.annotated.is_crowd),
    }
    if placed.mask_png is not None:
        entry["segmentation"] = _runs(placed.mask_png)
    return entry


def _runs(mask_png: bytes) -> dict[str, Any]:
    from odapi_ssd.data.mask_rendering import decode_png_mask  # here: NumPy takes time to start
    from odapi_ssd.data.run_lengths import compress_runs, runs_of_mask

    mask = decode_png_mask(mask_png)
    return {"size": list(mask.shape), "counts": compress_runs(runs_of_mask(mask))}


def _start_and_length(start: float, end: float, side: int) -> tuple[float, float]:
    """Both in pixels, from float32 values in 0..1; what is written becomes these again."""
    start_px = float(pixel_text(start, side))
    return start_px, float(pixel_text(end, side, start_px))


def _open_new(path: Path) -> IO[str]:
    return path.open("x+", encoding="utf-8", newline="\n")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _find_lost(example: Example) -> dict[str, int]:
    lost = find_lost(example, _HELD)
    if safe_image_name(example.filename, example.image.record_format) != example.filename:
        lost["names of images"] = 1
    return lost
