"""Finds a config's records and reads their ground-truth boxes as arrays."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from odapi_ssd.config.input_paths import match_input_path, open_record_file
from odapi_ssd.config.paths import CONFIGURE_REMEDY, is_placeholder, is_remote, relative_path_remedy
from odapi_ssd.data.images import IMAGE_FORMATS
from odapi_ssd.data.records import keys
from odapi_ssd.data.records.contents import RecordContents
from odapi_ssd.data.records.counts import count_records
from odapi_ssd.data.records.reader import Record, read_examples
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of, list_some
from odapi_ssd.progress import SILENT, Progress

__all__ = ["RecordBoxes", "find_record_files", "read_boxes"]

_AGAIN = "copy or convert the dataset again."


@dataclass(frozen=True)
class RecordBoxes:
    """The N boxes of I images.

    Attributes:
        image_names: I file names; file and index of the record if it has no name.
        image_hws: height and width of each image as stored, in pixels.
        first_encoded: the first image, encoded.
        boxes_yxyx: float64 [N, 4], normalized to their image; none has zero area.
        image_idx: int64 [N], the image of each box.
        class_names: N texts; the class id if a record has no texts.
        num_left_out: boxes that are not among the N: of zero area, or not finite.
    """

    image_names: list[str]
    image_hws: list[tuple[int, int]]
    first_encoded: bytes
    boxes_yxyx: npt.NDArray[np.float64]
    image_idx: npt.NDArray[np.int64]
    class_names: list[str]
    num_left_out: int


def find_record_files(config: Any, split: str | None, warnings: list[str]) -> list[str]:
    """The record files that a config names for a split.

    Args:
        config: a `pipeline_pb2.TrainEvalPipelineConfig`.
        split: "train" or "val"; None for the training records, if they exist.
        warnings: gets a line for absent shards or files.
    Raises:
        OdapiError: the split was asked for by name, and there are no files.
    """
    readers = [config.train_input_reader]
    if split == "val":
        readers = list(config.eval_input_reader)[:1]
    patterns = [one for reader in readers for one in reader.tf_record_input_reader.input_path]
    files: list[str] = []
    for pattern in patterns:
        if is_placeholder(pattern):
            continue
        matched = match_input_path(pattern)
        files += [*matched.folders, *matched.paths]  # folders are refused when they are read
        if matched.missing_shards:
            shown = count_of(len(matched.missing_shards), "shard is", "shards are")
            warnings.append(f"{shown} absent: {list_some(matched.missing_shards)}")
    if files:
        return files
    reader = "eval_input_reader[0]" if split == "val" else "train_input_reader"
    state = f"matches no file: {list_some(patterns)}" if patterns else "is not set"
    problem = f"{reader}.tf_record_input_reader.input_path {state}"
    if split is not None:
        raise OdapiError(f"{problem}.", hint=f"{CONFIGURE_REMEDY}; {relative_path_remedy()}.")
    warnings.append(f"{problem}; the anchors are drawn, but no boxes are counted")
    return []


def read_boxes(paths: Sequence[str], progress: Progress = SILENT) -> RecordBoxes:
    """Reads all records of some files.

    Args:
        paths: TFRecord files of `tf.train.Example`, with the API's keys.
        progress: advances by each image; of remote files the total is not known.
    Raises:
        OdapiError: a file is damaged or cannot be read, there is no record, or records cannot be
            used (all are counted, some are named).
    """
    collector = _Collector()
    is_local = not any(map(is_remote, paths))
    total = sum(map(count_records, paths)) if is_local else None
    for path in paths:
        for record in read_examples(path, open_file=open_record_file):
            collector.add(record)
            progress.advance(collector.contents.num_read, total)
    broken = collector.contents.broken
    if broken:
        raise OdapiError(
            f"{count_of(len(broken), 'record')} cannot be used: {list_some(broken)}.", hint=_AGAIN
        )
    if not collector.names:
        raise OdapiError(f"There is no record in {list_some(paths)}.", hint=_AGAIN)
    return collector.result()


class _Collector:
    """Collects boxes, record by record."""

    def __init__(self) -> None:
        self.contents = RecordContents()
        self.names: list[str] = []
        self._image_hws: list[tuple[int, int]] = []
        self._first_encoded = b""
        self._boxes: list[npt.NDArray[np.float64]] = []
        self._image_idx: list[int] = []
        self._class_names: list[str] = []
        self._num_left_out = 0

    def add(self, record: Record) -> None:
        """Adds a record; one that cannot be used goes to `contents.broken` instead."""
        if not self.contents.add(record):
            return
        (encoded,) = record.byte_strings(keys.ENCODED)
        image_hw = _size_of(encoded)
        if image_hw is None:
            self.contents.broken.append(f"{record.where} has an image that cannot be decoded")
            return
        self._first_encoded = self._first_encoded or encoded
        self.names.append(next(iter(record.texts(keys.FILENAME)), record.where))
        self._image_hws.append(image_hw)
        self._add_boxes(record)

    def _add_boxes(self, record: Record) -> None:
        sides = [record.floats(key) for key in keys.BOX_YXYX]
        boxes = np.array(sides, np.float64).reshape(4, -1).T  # [n, 4]
        is_usable = (boxes[:, 2:] > boxes[:, :2]).all(axis=1) & np.isfinite(boxes).all(axis=1)
        classes = record.texts(keys.CLASS_TEXT) or list(map(str, record.integers(keys.CLASS_LABEL)))
        self._boxes.append(boxes[is_usable])
        self._class_names += [name for name, use in zip(classes, is_usable, strict=True) if use]
        self._image_idx += [len(self.names) - 1] * int(is_usable.sum())
        self._num_left_out += int((~is_usable).sum())

    def result(self) -> RecordBoxes:
        """The boxes of all records so far."""
        return RecordBoxes(
            image_names=self.names,
            image_hws=self._image_hws,
            first_encoded=self._first_encoded,
            boxes_yxyx=np.concatenate(self._boxes),
            image_idx=np.array(self._image_idx, np.int64),
            class_names=self._class_names,
            num_left_out=self._num_left_out,
        )


def _size_of(encoded: bytes) -> tuple[int, int] | None:
    """Height and width, from the image's header; None if it is not an image."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(encoded), formats=IMAGE_FORMATS) as image:
            return image.height, image.width
    except Exception:  # Pillow raises many kinds for other content.
        return None
