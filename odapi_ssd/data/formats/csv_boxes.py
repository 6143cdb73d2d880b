"""The CSV of many tutorials: a row for each box, `filename,width,height,class,xmin,ymin,xmax,ymax`.

A file for each split (`train_labels.csv`, `test_labels.csv`, or `_annotations.csv` in `train/` and
`valid/`), a column that names the split, or one file for all. `csv_columns` says which columns are
understood. An image's key is its path from the dataset's folder. A row with an image and nothing
else is an image without objects.
"""

import csv
import re
from pathlib import Path

from odapi_ssd.data.annotations import Annotation
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.folder_tree import shallow_files
from odapi_ssd.data.formats.collecting import DatasetCollector
from odapi_ssd.data.formats.csv_columns import find_columns, read_rows
from odapi_ssd.data.formats.csv_table import CsvTable, ImageRows
from odapi_ssd.data.formats.registry import AnnotationFormat
from odapi_ssd.data.image_index import ImageIndex
from odapi_ssd.data.split_folders import split_of_folder
from odapi_ssd.data.text_files import decode_text, read_text
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import list_some

__all__ = ["FORMAT", "read", "recognize"]

_HEAD_BYTES = 64 * 1024


def recognize(data_dir: Path) -> bool:
    """Whether a file is CSV of boxes, or a folder holds one near its top and no XML files.

    The tutorials' CSV is made of XML files, which tell more where they are still there.
    """
    if data_dir.is_file():
        return _is_of_boxes(data_dir)
    has_csv = any(map(_is_of_boxes, shallow_files(data_dir, ".csv")))
    return has_csv and next(shallow_files(data_dir, ".xml"), None) is None


def read(data_path: Path) -> Dataset:
    """Reads a file, or all CSV files of boxes near the top of a folder.

    Raises:
        OdapiError: there is none.
    """
    data_dir = data_path.parent if data_path.is_file() else data_path
    collector = DatasetCollector(data_dir, ImageIndex(data_dir))
    paths = [data_path] if data_path.is_file() else _choose_files(data_dir, collector)
    if not paths:
        raise OdapiError(
            f"No CSV file of boxes in {data_dir}, expected one whose first row names the columns "
            "filename, class, xmin, ymin, xmax and ymax."
        )
    images: dict[str, ImageRows] = {}
    for path in paths:
        source = path.relative_to(data_dir).as_posix()
        split = _split_of_file(source)
        table = CsvTable(source, split, collector.index)
        try:
            table.read(read_text(path, source))
        except OdapiError as error:
            table.faults.append(error.problem)
        if table.faults:
            collector.add_file_faults(source, table.faults)
            if split is not None and not table.images:
                collector.assign_lost(split, source)
        _merge(images, table)
    for key, image in images.items():
        _collect(key, image, collector)
    dataset = collector.dataset()
    if not dataset.keys and not dataset.faults:
        raise OdapiError(
            f"No row but the names of columns in {list_some(map(str, paths))}, expected one for "
            "each box."
        )
    return dataset


def _is_of_boxes(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            text = decode_text(file.read(_HEAD_BYTES), "ignore")
        first = next(read_rows(text), None)
    except (OSError, csv.Error):
        return False
    return first is not None and find_columns(first[1]) is not None


def _choose_files(data_dir: Path, collector: DatasetCollector) -> list[Path]:
    """The files of splits if there are any, else all. One of all images mostly repeats them."""
    paths = list(filter(_is_of_boxes, shallow_files(data_dir, ".csv")))
    of_splits = [path for path in paths if _split_of_file(path.relative_to(data_dir).as_posix())]
    if of_splits and len(of_splits) < len(paths):
        others = sorted(set(paths) - set(of_splits))
        collector.warnings.append(
            f"{list_some(path.relative_to(data_dir).as_posix() for path in others)}: left out, as "
            "other CSV files are those of splits."
        )
    return of_splits or paths


def _split_of_file(source: str) -> str | None:
    """The split in a file's name, `train_labels.csv`, else that of a folder that it is in."""
    *folders, name = source.split("/")
    words = re.split(r"[^A-Za-z]+", name.removesuffix(".csv"))
    return next(filter(None, map(split_of_folder, [*words, *reversed(folders)])), None)


def _merge(images: dict[str, ImageRows], table: CsvTable) -> None:
    """Adds the images of a file. One of an earlier file too must be annotated alike in both."""
    for key, image in table.images.items():
        first = images.setdefault(key, image)
        if first is image:
            continue
        if first.objects != image.objects:
            file = first.source.rpartition(", ")[0]
            image.faults.append(f"{image.source}: is in {file} too, with other boxes")
        first.splits.update(image.splits)
        first.faults += image.faults


def _collect(key: str, image: ImageRows, collector: DatasetCollector) -> None:
    annotation = Annotation(image.source, image.declared_hw, tuple(image.objects))
    if image.faults:
        collector.add_faults(key, image.faults)
    elif image.path is None:
        collector.add_missing(key, annotation, image.problem)
    else:
        collector.add(key, image.path, annotation)
    for split in image.splits:
        collector.assign(split, key)


FORMAT = AnnotationFormat(
    name="csv",
    layouts=(
        "CSV with the columns filename, class, xmin, ymin, xmax, ymax, for each split or for all",
        "train/_annotations.csv beside the images, and valid/, test/, as Roboflow exports it",
        "CSV without names of columns: path,xmin,ymin,xmax,ymax,class",
    ),
    recognize=recognize,
    read=read,
    takes_files=True,
)
