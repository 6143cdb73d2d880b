"""The COCO format: one JSON file for many images, or one for each split.

An image's key is its path within the dataset. `coco_layout` finds the files, `coco_json` reads one
of them, `coco_categories` numbers the classes.

Source: the data format at https://cocodataset.org/#format-data.
"""

from collections.abc import Iterable
from pathlib import Path

from odapi_ssd.data.annotations import AnnotatedImage, Annotation
from odapi_ssd.data.dataset import Dataset, MissingImage, SplitEntry, lost_entry
from odapi_ssd.data.formats.coco_categories import declare_label_map
from odapi_ssd.data.formats.coco_json import CocoContent, CocoImage, read_coco_json
from odapi_ssd.data.formats.coco_layout import CocoFile, CocoLayout, find_layout
from odapi_ssd.data.formats.registry import AnnotationFormat
from odapi_ssd.data.image_index import ImageIndex, describe_unused
from odapi_ssd.data.image_store import ImageStore
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of, list_some

__all__ = ["FORMAT", "read", "recognize"]

_MAX_PEEKS = 3


def recognize(data_path: Path) -> bool:
    """Whether a folder holds COCO's JSON files in one of the layouts, or a file is one."""
    return find_layout(data_path, max_peeks=_MAX_PEEKS) is not None


def read(data_path: Path) -> Dataset:
    """Reads all files of a folder that hold boxes, or a single one, and finds their images.

    Raises:
        OdapiError: there are none.
    """
    layout = find_layout(data_path)
    if layout is None:
        raise OdapiError(
            f"No COCO annotations in {data_path}, expected a JSON file with the lists images, "
            "annotations and categories.",
        )
    return _Reading(layout).run()


class _Reading:
    """One reading of a dataset; collects its parts file by file."""

    def __init__(self, layout: CocoLayout):
        self._layout = layout
        self._keys: dict[str, None] = {}
        self._images = ImageStore()
        self._used: list[Path] = []
        self._has_lost_file = False
        self._faulty_sources: dict[str, str] = {}
        self._missing: dict[str, MissingImage] = {}
        self._faults: dict[str, tuple[str, ...]] = {}
        self._splits: dict[str, tuple[SplitEntry, ...]] = {}
        self._warnings: list[str] = []
        self._without_boxes: list[str] = []
        self._index = ImageIndex(layout.root_dir)
        self._names = _name_images(self._index, layout)

    def run(self) -> Dataset:
        """Reads all files."""
        declared = []
        for file in self._layout.files:
            content = read_coco_json(file.path)
            if content.has_no_boxes():
                self._without_boxes.append(self._source(file.path))
                continue
            self._take_file(file, content)
            declared.append(content)
        if not declared:
            raise OdapiError(
                f"No boxes in {list_some(self._without_boxes)}, expected annotations with bbox, as "
                "COCO's instances_*.json have them."
            )
        label_map, about_categories = declare_label_map(declared)
        self._warnings += about_categories
        return Dataset(
            root_dir=self._layout.root_dir,
            keys=tuple(self._keys),
            images=self._images,
            missing_images=self._missing,
            faults=self._faults,
            splits=self._splits if len(declared) > 1 else {},
            declared_label_map=label_map,
            warnings=self._warn(),
        )

    def _take_file(self, file: CocoFile, content: CocoContent) -> None:
        source = self._source(file.path)
        self._warnings += [f"{source}: {line}" for line in content.warnings]
        faults = content.faults
        if content.num_without_box:
            what = count_of(content.num_without_box, "annotation has", "annotations have")
            faults = [*faults, f"{what} no bbox, x, y, width and height in pixels were expected"]
        if faults:
            self._faults[source] = tuple(f"{source}: {line}" for line in faults)
        entries = []
        for image in content.images():
            key = self._take_image(file, source, image)
            self._keys[key] = None
            entries.append(SplitEntry(key, image.file_name))
        if faults and not entries:
            entries.append(lost_entry(source))
            self._has_lost_file = True
        self._splits[file.split] = tuple(entries)

    def _take_image(self, file: CocoFile, source: str, image: CocoImage) -> str:
        """Takes one image into the dataset; returns its key."""
        annotation = Annotation(f"{source}, {image.file_name}", image.declared_hw, image.objects)
        faults = [f"{annotation.source}: {line}" for line in image.faults]
        folder = file.images_dir.relative_to(self._layout.root_dir).as_posix()
        try:
            path = self._index.find_by_path(image.file_name, "" if folder == "." else folder)
        except OdapiError as error:
            key = annotation.source
            missing = MissingImage(annotation, f"{source}: {error.problem}")
            if faults:
                self._add_faults(key, [*faults, missing.problem])
            else:
                self._missing[key] = missing
            return key
        key = self._index.name_of(path)
        self._used.append(path)
        first = self._first_source(key)
        if first == annotation.source or self._differs(key, annotation):
            faults.append(
                f"{annotation.source}: its image is that of {first} too, "
                "expected one entry for an image; remove the one that is out of date"
            )
        if faults:
            self._add_faults(key, faults)
            self._faulty_sources.setdefault(key, annotation.source)
        elif key not in self._images and key not in self._faults:
            self._images.add(AnnotatedImage(key, path, annotation, self._names[path]))
        return key

    def _first_source(self, key: str) -> str | None:
        """The source of the first entry for an image; None if there was none."""
        if key in self._images:
            return self._images[key].annotation.source
        return self._faulty_sources.get(key)

    def _differs(self, key: str, annotation: Annotation) -> bool:
        """Whether there is an image under a key already, with other objects."""
        return key in self._images and self._images[key].annotation.objects != annotation.objects

    def _add_faults(self, key: str, lines: Iterable[str]) -> None:
        self._faults[key] = (*self._faults.get(key, ()), *lines)

    def _source(self, path: Path) -> str:
        return path.relative_to(self._layout.root_dir).as_posix()

    def _warn(self) -> tuple[str, ...]:
        lines = list(self._warnings)
        others = [self._source(path) for path in self._layout.other_files]
        if others:
            lines.append(f"Not read, as instances_*.json is there: {list_some(others)}")
        if self._without_boxes:
            lines.append(f"Not read, as they have no boxes: {list_some(self._without_boxes)}")
        paths = set(self._index.image_paths()).difference(self._used)
        # What a file that cannot be read says of them is not known.
        unannotated = [] if self._has_lost_file else sorted(map(self._index.name_of, paths))
        return (*lines, *describe_unused(unannotated, self._index.left_out()))


def _name_images(index: ImageIndex, layout: CocoLayout) -> dict[Path, str]:
    """Names of all images: paths within their split's folder, if all of these differ."""
    folders = sorted({file.images_dir for file in layout.files}, key=lambda one: -len(one.parts))
    names = {}
    for path in index.image_paths():
        folder = next((one for one in folders if path.is_relative_to(one)), layout.root_dir)
        names[path] = path.relative_to(folder).as_posix()
    if len(set(names.values())) < len(names):
        return {path: index.name_of(path) for path in names}
    return names


FORMAT = AnnotationFormat(
    name="coco",
    layouts=(
        "annotations/instances_*.json with images in folders beside it, such as train2017/",
        "train/_annotations.coco.json beside the images, and the same in valid/ and test/",
        "one JSON file with images, annotations and categories, beside the images or images/",
    ),
    recognize=recognize,
    read=read,
    takes_files=True,
)
