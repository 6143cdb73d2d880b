"""Writes checked examples as TFRecords with the feature keys of the API's own VOC converter.

Keys, types and meanings are those of `object_detection.dataset_tools.create_pascal_tf_record`, so
the API's `TfExampleDecoder` reads the files. Coordinates are pixels divided by the image's size,
VOC's 1-based corners included, as that converter does it. TensorFlow is imported when a writer is
made.
"""

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from odapi_ssd.data.examples import Example
from odapi_ssd.errors import OdapiError

__all__ = ["ShardedWriter", "choose_num_shards", "encode_example", "shard_name"]

_BYTES_PER_SHARD = 150 * 1024 * 1024


def choose_num_shards(num_examples: int, num_bytes: int, num_shards: int | None = None) -> int:
    """How many files a split is spread over: at least one, never more than it has examples.

    Args:
        num_examples: at least 1.
        num_bytes: the size of all pictures, about that of the records.
        num_shards: the user's wish; None for one per 150 MiB.
    """
    wanted = num_shards if num_shards is not None else -(-num_bytes // _BYTES_PER_SHARD)
    return min(max(wanted, 1), num_examples)


def shard_name(split: str, shard_idx: int, num_shards: int) -> str:
    """The file name of one shard, counted from 0."""
    return f"{split}.record-{shard_idx:05d}-of-{num_shards:05d}"


def encode_example(tf: ModuleType, example: Example, label_map: Mapping[str, int]) -> bytes:
    """Serializes one example as a `tf.train.Example`, always to the same bytes.

    Args:
        tf: the TensorFlow module.
        example: its objects give parallel lists, in the order of the file; empty for none.
        label_map: ids by class name; knows every class of the example.
    """
    image, objects = example.image, example.objects
    annotated = [placed.annotated for placed in objects]
    ymin, xmin, ymax, xmax = ([placed.box_yxyx[i] for placed in objects] for i in range(4))
    name = example.filename.encode()
    values: dict[str, list[int] | list[float] | list[bytes]] = {
        "image/height": [image.image_hw[0]],
        "image/width": [image.image_hw[1]],
        "image/filename": [name],
        "image/source_id": [name],
        "image/key/sha256": [image.sha256.encode()],
        "image/encoded": [image.encoded],
        "image/format": [image.record_format.encode()],
        "image/object/class/text": [one.name.encode() for one in annotated],
        "image/object/class/label": [label_map[one.name] for one in annotated],
        "image/object/difficult": [int(one.is_difficult) for one in annotated],
        "image/object/truncated": [int(one.is_truncated) for one in annotated],
        "image/object/view": [one.pose.encode() for one in annotated],
    }
    boxes = {"xmin": xmin, "xmax": xmax, "ymin": ymin, "ymax": ymax}
    message = tf.train.Example()
    for key, value in values.items():
        is_bytes = key.endswith(
            ("text", "view", "filename", "source_id", "sha256", "encoded", "format")
        )
        feature = message.features.feature[key]
        (feature.bytes_list if is_bytes else feature.int64_list).value.extend(value)
    for side, numbers in boxes.items():
        message.features.feature[f"image/object/bbox/{side}"].float_list.value.extend(numbers)
    serialized: bytes = message.SerializeToString(deterministic=True)
    return serialized


class ShardedWriter:
    """Writes one split's examples, in order, to consecutive shards of even length."""

    def __init__(
        self,
        folder: Path,
        split: str,
        num_examples: int,
        num_shards: int,
        label_map: Mapping[str, int],
    ):
        """Prepares to write; the first file opens with the first example.

        Args:
            folder: where the shards go; exists.
            split: the split's name.
            num_examples: exactly how many examples will be written.
            num_shards: from 1 to num_examples.
            label_map: ids by class name.
        """
        from odapi_ssd import compat

        self._tf: Any = compat.import_tensorflow()
        self._folder, self._split = folder, split
        self._num_examples, self._num_shards = num_examples, num_shards
        self._label_map = label_map
        self._num_written = 0
        self._shard_idx = -1
        self._writer: Any = None

    def write(self, example: Example) -> None:
        """Appends one example.

        Raises:
            OdapiError: the disk is full or not writable.
        """
        serialized = encode_example(self._tf, example, self._label_map)
        shard_idx = self._num_written * self._num_shards // self._num_examples
        try:
            if shard_idx != self._shard_idx:
                self.close()
                path = self._folder / shard_name(self._split, shard_idx, self._num_shards)
                self._writer = self._tf.io.TFRecordWriter(str(path))
                self._shard_idx = shard_idx
            self._writer.write(serialized)
        except self._tf.errors.OpError as error:
            raise _cannot_write(error) from error
        self._num_written += 1

    def close(self) -> None:
        """Completes the open file.

        Raises:
            OdapiError: the disk is full or not writable.
        """
        writer, self._writer = self._writer, None
        if writer is None:
            return
        try:
            writer.close()
        except self._tf.errors.OpError as error:
            raise _cannot_write(error) from error


def _cannot_write(error: Any) -> OdapiError:
    return OdapiError(
        f"The records cannot be written: {error.message}",
        hint="make room on the disk and try again.",
    )
