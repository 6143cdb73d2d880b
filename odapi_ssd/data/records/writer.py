"""Writes checked examples as TFRecords with the feature keys of the API's own VOC converter.

Keys, types and meanings are those of `object_detection.dataset_tools.create_pascal_tf_record`, with
masks, areas and crowds those of `create_coco_tf_record` too, so the API's `TfExampleDecoder` reads
the files. The bytes are those that TensorFlow writes.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from odapi_ssd.data.examples import Example
from odapi_ssd.data.protos import Example as ExampleProto
from odapi_ssd.data.records import keys
from odapi_ssd.data.records.framing import write_record
from odapi_ssd.data.records.shards import shard_name
from odapi_ssd.errors import OdapiError

__all__ = ["ShardedWriter", "encode_example"]

_BUFFER_BYTES = 1024 * 1024


def encode_example(example: Example, label_map: Mapping[str, int]) -> bytes:
    """Serializes one example as a `tf.train.Example`, always to the same bytes.

    Args:
        example: its objects give parallel lists, in the order of the annotation; empty for none.
        label_map: ids by class name; knows every class of the example.
    """
    image, objects = example.image, [placed.annotated for placed in example.objects]
    name = example.filename.encode()
    byte_strings = {
        keys.FILENAME: [name],
        keys.SOURCE_ID: [name],
        keys.SHA256: [image.sha256.encode()],
        keys.ENCODED: [image.encoded],
        keys.FORMAT: [image.record_format.encode()],
        keys.CLASS_TEXT: [one.name.encode() for one in objects],
        keys.VIEW: [one.pose.encode() for one in objects],
    }
    integers = {
        keys.HEIGHT: [image.image_hw[0]],
        keys.WIDTH: [image.image_hw[1]],
        keys.CLASS_LABEL: [label_map[one.name] for one in objects],
        keys.DIFFICULT: [int(one.is_difficult) for one in objects],
        keys.TRUNCATED: [int(one.is_truncated) for one in objects],
    }
    floats = {
        key: [placed.box_yxyx[side] for placed in example.objects]
        for side, key in enumerate(keys.BOX_YXYX)
    }
    _add_details(example, byte_strings, integers, floats)
    message = ExampleProto()
    features = message.features.feature
    for key, byte_values in byte_strings.items():
        features[key].bytes_list.value.extend(byte_values)
    for key, integer_values in integers.items():
        features[key].int64_list.value.extend(integer_values)
    for key, float_values in floats.items():
        features[key].float_list.value.extend(float_values)
    serialized: bytes = message.SerializeToString(deterministic=True)
    return serialized


def _add_details(
    example: Example,
    byte_strings: dict[str, list[bytes]],
    integers: dict[str, list[int]],
    floats: dict[str, list[float]],
) -> None:
    """Adds what COCO's records have beside VOC's keys, as far as it is known of all objects.

    Without it the example is that of the API's VOC converter.
    """
    objects = example.objects
    masks = [placed.mask_png for placed in objects if placed.mask_png is not None]
    areas = [placed.area_px for placed in objects if placed.area_px is not None]
    if masks:
        byte_strings[keys.MASK] = masks
    if objects and len(areas) == len(objects):
        floats[keys.AREA] = areas
    if keys.AREA in floats or any(placed.annotated.is_crowd for placed in objects):
        integers[keys.IS_CROWD] = [int(placed.annotated.is_crowd) for placed in objects]


class ShardedWriter:
    """Writes one split's examples, in order, to consecutive shards of even length.

    Attributes:
        num_shards: how many files; fewer once the split is closed, if so few examples were written
            that some of them would be empty.
    """

    def __init__(
        self,
        folder: Path,
        split: str,
        num_examples: int,
        num_shards: int,
    ):
        """Prepares to write; the first file opens with the first example.

        Args:
            folder: where the shards go; exists.
            split: the split's name.
            num_examples: how many examples will be written, if none is skipped.
            num_shards: from 1 to num_examples.
        """
        self._folder, self._split = folder, split
        self._num_examples, self.num_shards = num_examples, num_shards
        self._num_written = 0
        self._shard_idx = -1
        self._file: BinaryIO | None = None

    def write(self, serialized: bytes, /) -> None:
        """Appends one example, serialized by `encode_example`.

        Raises:
            OdapiError: the disk is full or not writable.
        """
        shard_idx = self._num_written * self.num_shards // self._num_examples
        if self._file is None or shard_idx != self._shard_idx:
            self._close_file()
            self._file = self._open(shard_idx)
            self._shard_idx = shard_idx
        try:
            write_record(self._file, serialized)
        except OSError as error:
            raise self._cannot_write(error) from error
        self._num_written += 1

    def close(self) -> None:
        """Completes the split; the files' names say how many there are.

        Raises:
            OdapiError: the disk is full or not writable.
        """
        self._close_file()
        num_shards = self._shard_idx + 1
        if num_shards in (0, self.num_shards):
            return
        try:
            for shard_idx in range(num_shards):
                self._path(shard_idx).rename(
                    self._folder / shard_name(self._split, shard_idx, num_shards)
                )
        except OSError as error:
            raise self._cannot_write(error) from error
        self.num_shards = num_shards

    def _close_file(self) -> None:
        file, self._file = self._file, None
        try:
            if file is not None:
                file.close()
        except OSError as error:
            raise self._cannot_write(error) from error

    def _open(self, shard_idx: int) -> BinaryIO:
        try:
            return self._path(shard_idx).open("wb", buffering=_BUFFER_BYTES)
        except OSError as error:
            raise self._cannot_write(error) from error

    def _path(self, shard_idx: int) -> Path:
        return self._folder / shard_name(self._split, shard_idx, self.num_shards)

    def _cannot_write(self, error: OSError) -> OdapiError:
        return OdapiError(
            f"The records of split {self._split!r} cannot be written to {self._folder}: "
            f"{error.strerror or error}.",
            hint="make room on the disk and try again.",
        )
