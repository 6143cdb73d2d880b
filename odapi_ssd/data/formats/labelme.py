"""The LabelMe format: one JSON file of shapes per image, in one or several folders.

Rectangles become boxes; of polygons and circles the boxes around them, and masks of polygons.
An image's key is the path of its JSON file without the ending. An image that is only in the JSON
file (`imageData`) is not taken out of it.

Source: https://github.com/wkentaro/labelme.
"""

import posixpath
from collections import Counter
from pathlib import Path

from odapi_ssd.data.annotations import Annotation
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.file_names import is_unicode
from odapi_ssd.data.folder_tree import shallow_files, walk_files
from odapi_ssd.data.formats.collecting import DatasetCollector
from odapi_ssd.data.formats.labelme_shapes import parse_shapes
from odapi_ssd.data.formats.registry import AnnotationFormat
from odapi_ssd.data.image_index import ImageIndex
from odapi_ssd.data.json_values import JsonObject, WrongJsonError, read_json
from odapi_ssd.data.split_folders import splits_by_folder
from odapi_ssd.data.text_files import decode_text
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of, list_some

__all__ = ["FORMAT", "read", "recognize"]

_HEAD_BYTES = 256 * 1024
_MAX_LOOKED_INTO = 5
_MAX_SIDE = 1_000_000


def recognize(data_dir: Path) -> bool:
    """Whether a JSON file near the top of a folder has shapes, as no other format's has."""
    for path, _ in zip(shallow_files(data_dir, ".json"), range(_MAX_LOOKED_INTO), strict=False):
        if _has_shapes(path):
            return True
    return False


def read(data_dir: Path) -> Dataset:
    """Reads all JSON files of a folder and its subfolders and finds their images.

    Raises:
        OdapiError: there is none.
    """
    reader = _Reader(data_dir)
    for folder, path in walk_files(data_dir):
        if path.suffix.lower() == ".json":
            reader.read_file(folder, path)
    return reader.dataset()


def _has_shapes(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            text = decode_text(file.read(_HEAD_BYTES), "ignore")
    except OSError:
        return False
    return text.lstrip().startswith("{") and '"shapes"' in text


class _Reader:
    """Reads one dataset into its collector."""

    def __init__(self, data_dir: Path):
        self._data_dir = data_dir
        self._collector = DatasetCollector(data_dir, ImageIndex(data_dir))
        self._others: list[str] = []
        self._paths_of: dict[str, list[str]] = {}
        self._num_embedded = 0

    def read_file(self, folder: str, path: Path) -> None:
        """Reads a file, unless it is JSON of something else."""
        source = path.relative_to(self._data_dir).as_posix()
        if not is_unicode(source):
            self._others.append(ascii(source))
            return
        key = source.removesuffix(path.suffix)
        self._paths_of[key] = [source]
        try:
            values = read_json(path)
            if "shapes" not in values:
                self._others.append(source)
                del self._paths_of[key]
                return
            self._add(key, folder, source, values)
        except WrongJsonError as error:
            self._collector.add_faults(key, [f"{source}: {error}"])
        except OSError as error:
            self._collector.add_faults(
                key, [f"{source}: cannot be read: {error.strerror or error}"]
            )

    def _add(self, key: str, folder: str, source: str, values: JsonObject) -> None:
        image_name = values.text("imagePath", "")
        ignored: Counter[str] = Counter()
        objects = parse_shapes(values.objects("shapes"), ignored)
        self._collector.ignored.update(ignored)
        annotation = Annotation(source, _parse_size(values), tuple(objects))
        try:
            path = self._find(image_name, key, folder)
        except OdapiError as error:
            reason = error.problem
            if values.get("imageData"):
                reason += "; the JSON file holds a copy of it, which `labelme_export_json` saves"
            self._collector.add_missing(key, annotation, reason)
            return
        self._paths_of[key].append(self._collector.index.name_of(path))
        self._collector.add(key, path, annotation)

    def _find(self, image_name: str, key: str, folder: str) -> Path:
        """The image that a file names, seen from its own folder, else the one of its stem.

        Raises:
            OdapiError: no such image, or several.
        """
        index = self._collector.index
        seen_from_here = posixpath.normpath(f"{folder}/{image_name}".replace("\\", "/"))
        for name in (seen_from_here.lstrip("/"), image_name):
            try:
                return index.find_by_path(name)
            except OdapiError:
                continue
        file_name = seen_from_here.rpartition("/")[2]
        return index.find(file_name if image_name else None, key)

    def dataset(self) -> Dataset:
        """What was read; raises OdapiError if there was nothing."""
        if not self._paths_of:
            raise OdapiError(
                f"No JSON file of LabelMe in {self._data_dir}, expected one per image with `shapes`"
            )
        if self._others:
            what = count_of(len(self._others), "JSON file is", "JSON files are")
            self._collector.warnings.append(
                f"{what} not of LabelMe and left out: {list_some(self._others)}"
            )
        by_folder = splits_by_folder(self._paths_of)
        self._collector.splits.update({name: list(one) for name, one in by_folder.items()})
        return self._collector.dataset()


def _parse_size(values: JsonObject) -> tuple[int, int] | None:
    sides = [values.get(key) for key in ("imageHeight", "imageWidth")]
    height, width = (
        int(side) if isinstance(side, int | float) and 1 <= side <= _MAX_SIDE else 0
        for side in sides
    )
    return (height, width) if height and width else None


FORMAT = AnnotationFormat(
    name="labelme",
    layouts=("*.json of LabelMe, one per image, beside the images or in a folder of their own",),
    recognize=recognize,
    read=read,
)
