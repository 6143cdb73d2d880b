"""Writes a dataset in the VOC layout: `Annotations/`, `JPEGImages/`, `ImageSets/Main/`.

With masks there is `SegmentationObject/` too.

Reading it again gives the same records: images keep their bytes, boxes are written as pixels that
become the same float32 values, with decimals where whole pixels do not.
"""

import html
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from odapi_ssd.data.examples import Example, PlacedObject
from odapi_ssd.data.formats.pixel_text import pixel_text
from odapi_ssd.data.formats.writing import Detail, WriterContext, find_lost
from odapi_ssd.data.formats.written_files import (
    RenamedImages,
    WrittenFiles,
    safe_image_name,
    safe_part,
)

__all__ = ["VocPayload", "VocWriter"]

_ANNOTATIONS, _IMAGES, _SPLITS = "Annotations", "JPEGImages", "ImageSets"
_MASKS = "SegmentationObject"
_HELD = frozenset({Detail.POSE, Detail.TRUNCATED, Detail.DIFFICULT, Detail.MASK})


@dataclass(frozen=True)
class VocPayload:
    """An example as files.

    Attributes:
        image_name: where the image goes, in the folder of images, if nothing else is there.
        image: the bytes of its file.
        size_and_objects: the annotation's XML from `<size>` on.
        masks: the bytes of the file with the masks of all objects; None without masks.
    """

    image_name: str
    image: bytes
    size_and_objects: str
    masks: bytes | None = None


class VocWriter:
    """Writes images, annotations, and a list of stems for each split."""

    keeps_other_splits = False

    def __init__(self, context: WriterContext):
        self._folder = context.folder
        self._images = WrittenFiles(context.folder / _IMAGES)
        self._annotations = WrittenFiles(context.folder / _ANNOTATIONS)
        self._masks = WrittenFiles(context.folder / _MASKS)
        self._renamed = RenamedImages()

    @staticmethod
    def target_names(output_dir: Path, splits: Collection[str]) -> list[str]:
        """VOC's folders, whole: lists of splits and files of an earlier conversion go with them."""
        return [_ANNOTATIONS, _IMAGES, _SPLITS, _MASKS]

    @property
    def encode(self) -> Callable[[Example], VocPayload]:
        """Makes the files of one example."""
        return _encode

    @property
    def lost(self) -> Callable[[Example], Mapping[str, int]]:
        """Masks, crowd flags, and names and characters that files or XML cannot have."""
        return _find_lost

    def open_split(self, split: str, num_examples: int, num_bytes: int) -> "_VocSplitWriter":
        """Begins the list of a split."""
        folder = self._folder / _SPLITS / "Main"
        folder.mkdir(parents=True, exist_ok=True)
        stems = _open_new(folder, split)
        return _VocSplitWriter(stems, self._images, self._annotations, self._masks, self._renamed)

    def finish(self) -> list[str]:
        """All is written with the splits; tells of images with other names."""
        return self._renamed.warnings()


class _VocSplitWriter:
    """Writes the examples of one split, and their stems to its list."""

    num_shards = 1

    def __init__(
        self,
        stems: IO[str],
        images: WrittenFiles,
        annotations: WrittenFiles,
        masks: WrittenFiles,
        renamed: RenamedImages,
    ):
        self._stems, self._images, self._renamed = stems, images, renamed
        self._annotations, self._masks = annotations, masks

    def write(self, payload: VocPayload, /) -> None:
        """Writes an image and its annotation, unless another split has them."""
        image_name = self._images.write([payload.image_name], payload.image)
        self._renamed.add(payload.image_name, image_name)
        path = PurePosixPath(image_name)
        xml = (
            f"<annotation>\n\t<folder>{_text(path.parent.name or _IMAGES)}</folder>\n"
            f"\t<filename>{_text(path.name)}</filename>\n{payload.size_and_objects}</annotation>\n"
        )
        # `a.png` beside `a.jpg` cannot have `a.xml` too.
        names = [f"{path.with_suffix('')}.xml", f"{path}.xml"]
        stem = self._annotations.write(names, xml.encode()).removesuffix(".xml")
        self._stems.write(f"{stem}\n")
        if payload.masks is not None:
            self._masks.write([f"{stem}.png"], payload.masks)

    def close(self) -> None:
        """Completes the list."""
        self._stems.close()


def _encode(example: Example) -> VocPayload:
    height, width = example.image.image_hw
    masks = _masks_of(example)
    objects = "".join(_object_xml(placed, height, width) for placed in example.objects)
    return VocPayload(
        image_name=safe_image_name(example.filename, example.image.record_format),
        image=example.image.encoded,
        size_and_objects=(
            f"\t<size>\n\t\t<width>{width}</width>\n\t\t<height>{height}</height>\n"
            f"\t\t<depth>3</depth>\n\t</size>\n\t<segmented>{len(masks) > 0:d}</segmented>\n"
            f"{objects}"
        ),
        masks=_encode_masks(masks) if masks else None,
    )


def _masks_of(example: Example) -> list[bytes]:
    """The masks of all objects; none if they have none."""
    masks = [placed.mask_png for placed in example.objects]
    return [mask for mask in masks if mask is not None]


def _encode_masks(masks_png: list[bytes]) -> bytes:
    from odapi_ssd.data.formats import voc_masks  # here: NumPy takes time to start

    return voc_masks.encode_index_image(voc_masks.combine_masks(masks_png)[0])


def _count_changed_masks(masks_png: list[bytes]) -> int:
    from odapi_ssd.data.formats import voc_masks

    return voc_masks.combine_masks(masks_png)[1]


def _object_xml(placed: PlacedObject, height: int, width: int) -> str:
    one = placed.annotated
    ymin, xmin, ymax, xmax = placed.box_yxyx
    return (
        f"\t<object>\n\t\t<name>{_text(one.name)}</name>\n\t\t<pose>{_text(one.pose)}</pose>\n"
        f"\t\t<truncated>{one.is_truncated:d}</truncated>\n"
        f"\t\t<difficult>{one.is_difficult:d}</difficult>\n\t\t<bndbox>\n"
        f"\t\t\t<xmin>{pixel_text(xmin, width)}</xmin>\n"
        f"\t\t\t<ymin>{pixel_text(ymin, height)}</ymin>\n"
        f"\t\t\t<xmax>{pixel_text(xmax, width)}</xmax>\n"
        f"\t\t\t<ymax>{pixel_text(ymax, height)}</ymax>\n\t\t</bndbox>\n\t</object>\n"
    )


def _text(text: str) -> str:
    """A text as XML; a carriage return would become a line feed, and some XML cannot hold."""
    kept = "".join(one if _is_xml(one) else "_" for one in text) if not text.isprintable() else text
    return html.escape(kept, quote=False).replace("\r", "&#13;")


def _is_xml(character: str) -> bool:
    """Source: XML 1.0, section 2.2."""
    return character in "\t\n\r" or (
        character >= " "
        and not "\ud800" <= character <= "\udfff"
        and character not in "\ufffe\uffff"
    )


def _find_lost(example: Example) -> dict[str, int]:
    masks = _masks_of(example)
    lost = find_lost(example, _HELD)
    num_changed = _count_changed_masks(masks) if masks else 0
    if num_changed:
        lost["masks, where they overlap,"] = num_changed
    if safe_image_name(example.filename, example.image.record_format) != example.filename:
        lost["names of images"] = 1
    texts = (text for one in example.objects for text in (one.annotated.name, one.annotated.pose))
    num_texts = sum(not all(map(_is_xml, text)) for text in texts)
    if num_texts:
        lost["names of classes or poses, as they are,"] = num_texts
    return lost


def _open_new(folder: Path, split: str) -> IO[str]:
    """The list of a split; names that are equal once they are safe get a number."""
    for stem in _numbered(safe_part(split)):
        try:
            return (folder / f"{stem}.txt").open("x", encoding="utf-8", newline="\n")
        except FileExistsError:
            continue
    raise AssertionError("there is a number for every split")


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}_{number}"
        number += 1
