"""The PASCAL VOC format: one XML file per image, and lists of the splits.

An image's key is the stem of its XML file, with the subfolder of the annotations before it if it is
in one: the image of `night/0001` is in the same subfolder of the images, or in none. A dataset of
several parts, such as VOC2007 and VOC2012, is read as one, with the part's folder before that.
`voc_layout` finds the files, `voc_xml` parses one, `voc_splits` reads the lists.

Source: the VOC development kit, http://host.robots.ox.ac.uk/pascal/VOC/.
"""

import functools
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from odapi_ssd.data.annotations import AnnotatedImage, Annotation
from odapi_ssd.data.dataset import Dataset, MissingImage, SplitEntry
from odapi_ssd.data.folder_tree import walk_files
from odapi_ssd.data.formats.no_images import describe_no_images
from odapi_ssd.data.formats.registry import AnnotationFormat
from odapi_ssd.data.formats.voc_layout import (
    VocLayout,
    VocPart,
    find_layout,
    list_annotations,
    require_layout,
)
from odapi_ssd.data.formats.voc_splits import read_splits
from odapi_ssd.data.formats.voc_xml import VocXml, read_voc_xml
from odapi_ssd.data.image_index import ImageIndex, describe_unused
from odapi_ssd.data.image_store import ImageStore
from odapi_ssd.data.label_map import read_label_map
from odapi_ssd.data.masks import IndexedMask
from odapi_ssd.data.split_folders import split_of_folder, splits_by_folder
from odapi_ssd.data.summary import LABEL_MAP_FILE
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of, list_some

__all__ = ["CLASS_NAMES", "FORMAT", "read", "recognize"]

CLASS_NAMES = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train",
    "tvmonitor",
)  # fmt: skip


def recognize(data_dir: Path) -> bool:
    """Whether a folder holds VOC annotations and images, in it or in folders below it."""
    return find_layout(data_dir) is not None


def read(data_dir: Path) -> Dataset:
    """Parses all XML files of a folder, finds their images, reads the lists of the splits.

    Raises:
        OdapiError: no dataset in the folder, or two annotations whose names differ only in the
            ending's letter case.
    """
    layout = require_layout(data_dir)
    contents = _Contents(layout.root_dir)
    for part in layout.parts:
        _add_part(contents, part)
    class_ids = _declared_label_map(layout, contents)
    return Dataset(
        root_dir=layout.root_dir,
        keys=tuple(contents.folders_of),
        images=contents.images,
        missing_images=contents.missing,
        faults=contents.faults,
        splits={name: tuple(entries) for name, entries in contents.splits.items()}
        or splits_by_folder(contents.folders_of),
        split_faults=tuple(contents.split_faults),
        declared_label_map=class_ids,
        warnings=(*_describe_parts(layout, contents), *contents.warnings()),
    )


@dataclass
class _Contents:
    """What has been read of a dataset so far.

    Attributes:
        root_dir: the folder that names are relative to.
        images, missing, faults, splits, split_faults: as in `Dataset`.
        folders_of: by key, in order, the folders of the annotation and of its image, if it has one,
            each with a slash at its end.
        part_warnings: lines about single parts.
        unannotated: the names of images without an annotation.
        left_out: the names of images that cannot be used.
        without_masks: annotations that say they have masks, but have none.
    """

    root_dir: Path
    images: ImageStore = field(default_factory=ImageStore)
    missing: dict[str, MissingImage] = field(default_factory=dict)
    faults: dict[str, tuple[str, ...]] = field(default_factory=dict)
    splits: dict[str, list[SplitEntry]] = field(default_factory=dict)
    split_faults: list[str] = field(default_factory=list)
    folders_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    part_warnings: list[str] = field(default_factory=list)
    unannotated: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    without_masks: list[str] = field(default_factory=list)
    _shared: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)

    def prefix_of(self, folder: Path) -> str:
        """How the names of files in a folder begin in messages."""
        name = folder.relative_to(self.root_dir).as_posix()
        return "" if name == "." else f"{name}/"

    def add_key(self, key: str, *names: str) -> None:
        """Adds a key, or replaces its folders, by the names of its files."""
        folders = tuple(name[: name.rfind("/") + 1] for name in names)
        self.folders_of[key] = self._shared.setdefault(folders, folders)

    def warnings(self) -> list[str]:
        """One line per kind, for all parts."""
        lines = [*self.part_warnings, *describe_unused(self.unannotated, self.left_out)]
        if self.without_masks:
            what = count_of(len(self.without_masks), "annotation says", "annotations say")
            names = list_some(self.without_masks)
            lines.append(
                f"{what} <segmented>1</segmented>, but SegmentationObject has no such file; the "
                f"objects have boxes alone: {names}"
            )
        return lines


@dataclass
class _Part:
    """One part while it is read.

    Attributes:
        layout: where its files are.
        names: those of its annotations by stem.
        index: its images.
        masks: the files of its masks by stem.
        source_prefix, image_prefix: how the names of its annotations and images begin in messages.
        stem_of_image: the stem of the first annotation of each image.
    """

    layout: VocPart
    names: Mapping[str, str]
    index: ImageIndex
    masks: Mapping[str, Path]
    source_prefix: str
    image_prefix: str
    stem_of_image: dict[str, str] = field(default_factory=dict)

    @functools.cached_property
    def no_images(self) -> str | None:
        """What is wrong with all annotations, where there is no image at all."""
        if next(self.index.image_names(), None) is not None:
            return None
        return describe_no_images(self.layout.images_dir, len(self.names))


def _add_part(contents: _Contents, layout: VocPart) -> None:
    """Reads one part: its annotations, with their images and masks, and its splits."""
    part = _Part(
        layout,
        names=list_annotations(layout.annotations_dir),
        index=ImageIndex(layout.images_dir),
        masks=_list_masks(layout.masks_dir),
        source_prefix=contents.prefix_of(layout.annotations_dir),
        image_prefix=contents.prefix_of(layout.images_dir),
    )
    for stem, xml_name in part.names.items():
        _add_annotation(contents, part, stem, xml_name)
    lists = read_splits(layout.split_lists_dir, part.names, layout.prefix)
    for split, entries in lists.splits.items():
        contents.splits.setdefault(split, []).extend(entries)
    contents.split_faults += lists.faults
    contents.part_warnings += _describe_subfolders(part.names, layout.annotations_dir)
    unused = (name for name in part.index.image_names() if name not in part.stem_of_image)
    contents.unannotated += sorted(
        part.image_prefix + name
        for name in unused
        if name.rpartition(".")[0] not in part.names  # It has one, with a fault.
    )
    contents.left_out += part.index.left_out()


def _add_annotation(contents: _Contents, part: _Part, stem: str, xml_name: str) -> None:
    """Reads one annotation and finds its image."""
    key, source = part.layout.prefix + stem, part.source_prefix + xml_name
    folder = stem.rpartition("/")[0]
    contents.add_key(key, source)
    try:
        content = read_voc_xml(f"{part.layout.annotations_dir}/{xml_name}", source)
    except OdapiError as error:
        contents.faults[key] = error.details or (error.problem,)
        return
    annotation = _with_masks(content, part.masks, stem, contents)
    try:
        name = part.index.find_name(content.filename, stem, also_elsewhere=True)
    except OdapiError as error:
        problem = part.no_images or f"{source}: {error.problem}"
        contents.missing[key] = MissingImage(annotation, problem)
        return
    contents.add_key(key, source, part.image_prefix + name)
    first = part.stem_of_image.setdefault(name, stem)
    if first.rpartition("/")[0] != folder:
        other = part.source_prefix + part.names[first]
        contents.faults[key] = (_describe_second(source, name, other),)
        return
    path = part.index.path_of(name)
    contents.images.add(AnnotatedImage(key, path, annotation, part.layout.prefix + name))


def _list_masks(masks_dir: Path | None) -> dict[str, Path]:
    """VOC's instance masks, by the key of their image within the part."""
    files = walk_files(masks_dir) if masks_dir is not None else ()
    return {
        f"{folder}/{path.stem}" if folder else path.stem: path
        for folder, path in files
        if path.suffix.lower() == ".png"
    }


def _with_masks(
    content: VocXml, masks: Mapping[str, Path], stem: str, contents: _Contents
) -> Annotation:
    """The annotation, with a mask for each object where there are masks: object n has value n."""
    annotation = content.annotation
    if stem not in masks:
        if masks and content.is_segmented:
            contents.without_masks.append(annotation.source)
        return annotation
    path = masks[stem]
    objects = (replace(one, mask=IndexedMask(path, one.number)) for one in annotation.objects)
    return replace(annotation, objects=tuple(objects))


def _declared_label_map(layout: VocLayout, contents: _Contents) -> Mapping[str, int]:
    """The ids of a label map in the folder, as `convert --to voc` leaves it; else VOC's own."""
    path = layout.root_dir / LABEL_MAP_FILE
    if path.is_file():
        try:
            return read_label_map(path)
        except OdapiError as error:
            contents.part_warnings.append(f"Not used for class ids: {error.problem}")
    if all(one.has_voc_folders for one in layout.parts):
        return {name: class_id for class_id, name in enumerate(CLASS_NAMES, start=1)}
    return {}


def _describe_second(source: str, image_name: str, other: str) -> str:
    return (
        f"{source}: its image {image_name} is that of {other} too, expected one annotation for an "
        "image; remove the one that is out of date"
    )


def _describe_parts(layout: VocLayout, contents: _Contents) -> Iterable[str]:
    """That several folders are read as one dataset, unless they are plainly its splits."""
    folders = [part.prefix.removesuffix("/") for part in layout.parts]
    if len(folders) < 2 or all(map(split_of_folder, folders)):
        return
    counts = (
        f"{folder} ({sum(key.startswith(f'{folder}/') for key in contents.folders_of):,})"
        for folder in folders
    )
    yield (
        f"{count_of(len(folders), 'folder')} of annotations are read as one dataset; give one of "
        f"them to use it alone: {list_some(counts)}"
    )


def _describe_subfolders(keys: Collection[str], annotations_dir: Path) -> tuple[str, ...]:
    """Where some are in subfolders and some are not, the former may be copies or out of date."""
    counts = Counter(key.rpartition("/")[0] for key in keys)
    num_inside = len(keys) - counts.pop("", len(keys))
    if not num_inside:
        return ()
    what = count_of(num_inside, "annotation is", "annotations are")
    listed = list_some(f"{folder} ({number:,})" for folder, number in sorted(counts.items()))
    return (f"{what} in subfolders of {annotations_dir.name} and taken with the others: {listed}",)


FORMAT = AnnotationFormat(
    name="voc",
    layouts=(
        "Annotations/*.xml with JPEGImages/ (and ImageSets/Main/*.txt), or several such folders",
        "a folder of XML files with a folder of images, whatever they are called",
        "XML files and images side by side, also in train/, valid/ and test/",
    ),
    recognize=recognize,
    read=read,
)
