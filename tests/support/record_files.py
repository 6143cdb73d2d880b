"""TFRecord files made by hand, without TensorFlow."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from odapi_ssd.data.protos import Example
from odapi_ssd.data.records.framing import write_record


def serialize_example(features: Mapping[str, Sequence[Any]]) -> bytes:
    """A `tf.train.Example`; the first value decides a feature's kind, which is floats for none."""
    message = Example()
    for key, values in features.items():
        feature = message.features.feature[key]
        if values and isinstance(values[0], bytes):
            feature.bytes_list.value.extend(values)
        elif values and isinstance(values[0], int):
            feature.int64_list.value.extend(values)
        else:
            feature.float_list.value.extend(values)
    return message.SerializeToString(deterministic=True)


def write_records(path: Path, records: Iterable[bytes]) -> str:
    """Writes a file of records from their data; returns its path as a string."""
    with path.open("wb") as file:
        for data in records:
            write_record(file, data)
    return str(path)
