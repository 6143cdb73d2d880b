"""The PASCAL VOC format: one XML file per image, and lists of the splits.

An image's key is the stem of its XML file, with the subfolder of the annotations before it if it is
in one: the image of `night/0001` is in the same subfolder of the images, or in none. `voc_layout`
finds the files, `voc_xml` parses one.

Source: the VOC development kit, http://host.robots.ox.ac.uk/pascal/VOC/.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

from odapi_ssd.data.annotations import AnnotatedImage
from odapi_ssd.data.dataset import Dataset, MissingImage, SplitEntry
from odapi_ssd.data.file_names import is_plain_file_name, is_unicode
from odapi_ssd.data.formats.registry import AnnotationFormat
from odapi_ssd.data.formats.voc_layout import find_layouts, list_annotations, require_layout
from odapi_ssd.data.formats.voc_xml import read_voc_xml
from odapi_ssd.data.image_index import ImageIndex
from odapi_ssd.data.image_store import ImageStore
from odapi_ssd.data.images import IMAGE_SUFFIXES
from odapi_ssd.data.text_files import read_text
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of, list_some

__all__ = ["CLASS_NAMES", "FORMAT", "read", "read_splits", "recognize"]

CLASS_NAMES = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train",
    "tvmonitor",
)  # fmt: skip

_CLASS_WISE_LINE = re.compile(r"\S.*\s(-1|0|1)")


def recognize(data_dir: Path) -> bool:
    """Whether a folder holds XML annotations in one of the layouts, or folders that do."""
    return bool(find_layouts(data_dir))


def read(data_dir: Path) -> Dataset:
    """Parses all XML files of a folder, finds their images, reads the lists of the splits.

    Raises:
        OdapiError: none or several datasets in the folder, no XML file, or two that differ only in
            the ending's letter case.
    """
    layout = require_layout(data_dir)
    annotation_paths = list_annotations(layout.annotations_dir)
    index = ImageIndex(layout.images_dir)
    images, missing, faults = _read_annotations(annotation_paths, layout.root_dir, index)
    splits, split_faults = read_splits(layout.split_lists_dir, annotation_paths)
    return Dataset(
        root_dir=layout.root_dir,
        keys=tuple(annotation_paths),
        images=images,
        missing_images=missing,
        faults=faults,
        splits=splits,
        split_faults=tuple(split_faults),
        declared_label_map=_class_ids() if layout.has_voc_folders else {},
        warnings=(
            *_describe_subfolders(annotation_paths, layout.annotations_dir),
            *_describe_unannotated(index, images.values()),
            *_describe_left_out(index),
        ),
    )


def read_splits(
    split_lists_dir: Path | None, keys: Collection[str]
) -> tuple[dict[str, tuple[SplitEntry, ...]], list[str]]:
    """Reads `<split>.txt`, which list stems.

    The class-wise lists beside them (`aeroplane_train.txt`, lines ending in 1, 0 or -1) are not
    splits of the dataset.

    Args:
        split_lists_dir: the folder of the lists; None if the dataset has none.
        keys: those of all annotations.

    Returns:
        The entries by split, in the order of the file names; a line about each file that cannot be
        read as UTF-8 text, or whose name is not.
    """
    splits: dict[str, tuple[SplitEntry, ...]] = {}
    faults: list[str] = []
    keys_of_stem = _group_by_stem(keys)
    for path in sorted(split_lists_dir.iterdir()) if split_lists_dir is not None else ():
        if path.suffix.lower() != ".txt" or path.name.startswith(".") or not path.is_file():
            continue
        if not is_unicode(path.name):
            faults.append(f"The name of the list of a split {path.name!a} is not UTF-8")
            continue
        try:
            text = read_text(path)
        except OdapiError as error:
            faults.append(f"The list of a split {error.problem}")
            continue
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        is_class_wise = "_" in path.stem and all(map(_CLASS_WISE_LINE.fullmatch, lines))
        if not (is_class_wise and lines):
            splits[path.stem] = tuple(_split_entry(line, keys_of_stem) for line in lines)
    return splits, faults


def _read_annotations(
    paths: Mapping[str, Path], root_dir: Path, index: ImageIndex
) -> tuple[ImageStore, dict[str, MissingImage], dict[str, tuple[str, ...]]]:
    """Images, annotations without an image, and faults."""
    images = ImageStore()
    missing: dict[str, MissingImage] = {}
    faults: dict[str, tuple[str, ...]] = {}
    key_of_image: dict[Path, str] = {}
    for key, path in paths.items():
        source, folder = path.relative_to(root_dir).as_posix(), key.rpartition("/")[0]
        try:
            content = read_voc_xml(path, source, folder)
        except OdapiError as error:
            faults[key] = error.details or (error.problem,)
            continue
        try:
            image_path = index.find(content.filename, key)
        except OdapiError as error:
            missing[key] = MissingImage(content.annotation, f"{source}: {error.problem}")
            continue
        name = index.name_of(image_path)
        first = key_of_image.setdefault(image_path, key)
        if first.rpartition("/")[0] != folder:
            other = paths[first].relative_to(root_dir).as_posix()
            faults[key] = (_describe_second(source, name, other),)
            continue
        images.add(AnnotatedImage(key, image_path, content.annotation, name))
    return images, missing, faults


def _describe_second(source: str, image_name: str, other: str) -> str:
    return (
        f"{source}: its image {image_name} is that of {other} too, expected one annotation for an "
        "image; remove the one that is out of date"
    )


def _group_by_stem(keys: Collection[str]) -> Mapping[str, list[str]]:
    """The keys that a list may mean by a stem: that one itself, else those in subfolders."""
    keys_of: dict[str, list[str]] = {key: [key] for key in keys}
    for key in keys:
        stem = key.rpartition("/")[2]
        if stem != key and stem not in keys:
            keys_of.setdefault(stem, []).append(key)
    return keys_of


def _split_entry(line: str, keys_of_stem: Mapping[str, list[str]]) -> SplitEntry:
    """A list's line, which may carry the ending of the image or of the annotation."""
    ending = Path(line).suffix
    has_ending = ending.lower() in (*IMAGE_SUFFIXES, ".xml")
    stem = line.removesuffix(ending) if has_ending and line not in keys_of_stem else line
    keys = keys_of_stem.get(stem, ())
    if len(keys) == 1:
        return SplitEntry(keys[0], line)
    if keys:
        return SplitEntry(
            stem, line, f"{line!r} may be {' or '.join(keys)}, expected the subfolder before it"
        )
    if not is_plain_file_name(line):
        return SplitEntry(stem, line, f"{line!r} has no annotation, expected an image's stem")
    return SplitEntry(stem, line, f"{line!r} has no annotation {stem}.xml")


def _class_ids() -> dict[str, int]:
    return {name: class_id for class_id, name in enumerate(CLASS_NAMES, start=1)}


def _describe_subfolders(keys: Collection[str], annotations_dir: Path) -> tuple[str, ...]:
    """Where some are in subfolders and some are not, the former may be copies or out of date."""
    counts = Counter(key.rpartition("/")[0] for key in keys)
    num_inside = len(keys) - counts.pop("", len(keys))
    if not num_inside:
        return ()
    what = count_of(num_inside, "annotation is", "annotations are")
    listed = list_some(f"{folder} ({number:,})" for folder, number in sorted(counts.items()))
    return (f"{what} in subfolders of {annotations_dir.name} and taken with the others: {listed}",)


def _describe_unannotated(index: ImageIndex, images: Collection[AnnotatedImage]) -> tuple[str, ...]:
    num_unannotated = len(set(index.image_paths()) - {image.path for image in images})
    if not num_unannotated:
        return ()
    text = count_of(
        num_unannotated,
        "image has no annotation and is left out.",
        "images have no annotation and are left out.",
    )
    return (text,)


def _describe_left_out(index: ImageIndex) -> tuple[str, ...]:
    names = index.left_out()
    if not names:
        return ()
    what = count_of(len(names), "image is", "images are")
    return (f"{what} left out, as the name is not UTF-8; rename to use: {list_some(names)}",)


FORMAT = AnnotationFormat(
    name="voc",
    layouts=(
        "Annotations/*.xml with JPEGImages/ (and ImageSets/Main/*.txt)",
        "annotations/*.xml with images/",
        "XML files and images side by side in the folder itself",
    ),
    recognize=recognize,
    read=read,
)
