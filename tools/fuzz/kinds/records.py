"""TFRecords of `tf.train.Example`, as `check`, `anchors` and `convert` read them."""

import io
import random
import struct
from pathlib import Path

import google_crc32c

from odapi_ssd.check.findings import Findings
from odapi_ssd.check.label_map import check_label_map
from odapi_ssd.check.records import check_contents
from odapi_ssd.config.files import new_config
from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.examples import ExampleFault, check_example
from odapi_ssd.data.formats import read_dataset
from odapi_ssd.data.protos import Example
from odapi_ssd.data.records import keys
from odapi_ssd.data.records.contents import RecordContents, read_contents
from odapi_ssd.data.records.counts import count_records
from odapi_ssd.data.records.framing import write_record
from odapi_ssd.data.records.reader import Record, read_records
from odapi_ssd.data.records.writer import encode_example
from odapi_ssd.data.synthetic.shapes import write_shapes
from odapi_ssd.errors import OdapiError, printable_lines
from odapi_ssd.inspection.anchors.record_boxes import read_boxes
from tools.fuzz.kinds.files import read_tree
from tools.fuzz.mutations.byte_strings import INTEGERS, mutate_bytes
from tools.fuzz.mutations.protos import mutate_message
from tools.fuzz.target import Observation

__all__ = ["Target", "write_seeds"]

_RECORDS, _LABEL_MAP = "train.record-00000-of-00001", "label_map.pbtxt"
_FLOATS = (float("nan"), float("inf"), -float("inf"), -0.0, 1e38, -1.0, 2.0, 1e-45, 0.5, 1.0)
_TEXTS = (b"", b"\xff\xfe", b"circle\0", b"x" * 70_000, "é".encode(), b"\x1b[2J", b"\n", b"BM",
          b"GIF89a", b"\xff\xd8", b"\x89PNG")  # fmt: skip
_KEYS = [value for name, value in vars(keys).items() if name.isupper() and isinstance(value, str)]


def write_seeds(folder: Path) -> None:
    """The records of a drawn dataset."""
    data = folder / "data"
    write_shapes(data, 6, seed=7)
    convert_dataset(data, folder / "out", ConversionOptions(num_shards=1, num_workers=1))


class Target:
    """Reads a file of records of which one is damaged."""

    def __init__(self, seeds: Path, with_tensorflow: bool):
        self._payloads = list(read_records(str(seeds / "out" / _RECORDS)))
        self._label_map = read_tree(seeds / "out")[_LABEL_MAP]

    def make(self, generator: random.Random) -> str:
        """Writes the file; in most cases all checksums are right."""
        payloads = list(self._payloads)
        index, draw = generator.randrange(len(payloads)), generator.random()
        if draw < 0.35:
            payloads[index] = mutate_message(generator, payloads[index])
            done = f"record {index}: its fields"
        elif draw < 0.7:
            payloads[index] = _mutate_features(generator, payloads[index])
            done = f"record {index}: its features"
        elif draw < 0.8:
            payloads[index] = mutate_bytes(generator, payloads[index], payloads)
            done = f"record {index}: its bytes"
        else:
            done = "the file"
        content = _frames(payloads)
        if done == "the file":
            content = _mutate_file(generator, content, payloads)
        Path(_RECORDS).write_bytes(content)
        Path(_LABEL_MAP).write_bytes(self._label_map)
        return done

    def run(self) -> Observation:
        """Counts, reads, checks; the boxes too, and the annotations."""
        observed, findings = Observation(), Findings()
        try:
            self._check(findings)
        except OdapiError as error:
            observed.refuse([str(error)])
        observed.refuse(list(map(str, findings.problems)))
        observed.messages += map(str, findings.warnings)
        for read in (lambda: read_boxes([_RECORDS]), lambda: self._convert(observed)):
            try:
                read()
            except OdapiError as error:
                observed.refuse([str(error)])
        return observed

    def _convert(self, observed: Observation) -> None:
        """Reads the file as a dataset; what is taken must make records."""
        dataset = read_dataset(Path(), "tfrecord")
        observed.refuse(dataset.fault_lines())
        observed.messages += map(printable_lines, dataset.warnings)
        label_map = {name: idx for idx, name in enumerate(sorted(dataset.class_names()), start=1)}
        for key, annotated in dataset.images.items():
            assert _is_inside(key), key
            example = check_example(annotated)
            if isinstance(example, ExampleFault):
                observed.refuse([example.message])
                continue
            contents = RecordContents()
            contents.add(Record(encode_example(example, label_map), "record"))
            assert not contents.broken, contents.broken
            assert not contents.outside, contents.outside

    def _check(self, findings: Findings) -> None:
        num_records = count_records(_RECORDS)
        contents = read_contents([(_RECORDS, None)])
        assert contents.num_read == num_records
        reader = new_config().train_input_reader
        reader.label_map_path = _LABEL_MAP
        label_map = check_label_map(reader, "train_input_reader", 5, findings)
        check_contents(contents, label_map, reader, "train_input_reader", 5, findings)


def _is_inside(name: str) -> bool:
    """Whether a name is one of a file in the folder that it is joined to."""
    return not Path(name).is_absolute() and ".." not in Path(name).parts


def _frames(payloads: list[bytes]) -> bytes:
    buffer = io.BytesIO()
    for payload in payloads:
        write_record(buffer, payload)
    return buffer.getvalue()


def _mutate_features(generator: random.Random, payload: bytes) -> bytes:
    """Changes the lists of a `tf.train.Example`."""
    message = Example.FromString(payload)
    features = message.features.feature
    for _ in range(generator.choice((1, 1, 2, 4))):
        key = generator.choice(_KEYS)
        action = generator.randrange(6)
        if action == 0:
            features.pop(key, None)
        elif action == 1:
            features[key].CopyFrom(features[generator.choice(_KEYS)])
        elif action == 2:
            features[key].float_list.value[:] = generator.choices(_FLOATS, k=generator.randrange(4))
        elif action == 3:
            numbers = [(n + 2**63) % 2**64 - 2**63 for n in INTEGERS]
            features[key].int64_list.value[:] = generator.choices(
                numbers, k=generator.choice((0, 1, 1, 2, 500))
            )
        elif action == 4:
            features[key].bytes_list.value[:] = generator.choices(
                _TEXTS, k=generator.choice((0, 1, 1, 2))
            )
        else:
            _mutate_list(generator, features[key])
    return bytes(message.SerializeToString(deterministic=True))


def _mutate_list(generator: random.Random, feature: object) -> None:
    """Changes one value of a list, keeping its kind, or its length."""
    kind = feature.WhichOneof("kind")  # type: ignore[attr-defined]
    values = getattr(feature, kind).value if kind else []
    if not values:
        return
    index = generator.randrange(len(values))
    if generator.random() < 0.3:
        del values[index]
    elif kind == "float_list":
        values[index] = generator.choice(_FLOATS)
    elif kind == "int64_list":
        values[index] = generator.choice((0, -1, 6, 2**31, 2**63 - 1, -(2**63)))
    else:
        values[index] = mutate_bytes(generator, values[index])


def _mutate_file(generator: random.Random, content: bytes, payloads: list[bytes]) -> bytes:
    """Damages the framing: anything at all, or a length whose checksum is right."""
    draw = generator.random()
    if draw < 0.5:
        return mutate_bytes(generator, content, payloads)
    if draw < 0.6:
        return b"" if draw < 0.52 else content * 3
    starts = [0]
    for payload in payloads[:-1]:
        starts.append(starts[-1] + len(payload) + 16)
    start = generator.choice(starts)
    length = struct.pack("<Q", generator.choice((*INTEGERS, len(content), len(content) - start)))
    crc = google_crc32c.value(length)
    masked = (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
    return content[:start] + length + struct.pack("<I", masked) + content[start + 12 :]
