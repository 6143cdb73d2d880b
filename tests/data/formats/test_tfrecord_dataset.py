"""Records as a dataset; what is expected is written down here, not read by the reader."""

import gzip
import io
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from odapi_ssd.data.annotations import AnnotatedObject
from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.formats import read_dataset
from odapi_ssd.data.formats.tfrecord_dataset import read
from odapi_ssd.data.records.framing import HEADER_BYTES
from odapi_ssd.data.records.reader import read_records
from odapi_ssd.data.summary import DatasetSummary
from odapi_ssd.data.synthetic.shapes import write_shapes
from odapi_ssd.errors import OdapiError
from tests.support.dataset_files import write_text
from tests.support.record_files import serialize_example, write_records

LABEL_MAP = 'item { id: 2 name: "cat" } item { id: 9 name: "dog" }'


def image_file(number: int = 0, image_format: str = "PNG") -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (40, 20), (number % 256, number // 256, 0)).save(content, image_format)
    return content.getvalue()


def serialize(name: str = "a.png", *objects, encoded: bytes | None = None) -> bytes:
    """A record; objects are (text, id, ymin, xmin, ymax, xmax)."""
    columns = list(zip(*objects, strict=True)) or [()] * 6
    texts, ids, *sides = columns
    boxes = zip(("ymin", "xmin", "ymax", "xmax"), sides, strict=True)
    return serialize_example(
        {
            "image/encoded": [encoded or image_file()],
            "image/filename": [name.encode()],
            "image/object/class/text": [text.encode() for text in texts],
            "image/object/class/label": list(ids),
            **{f"image/object/bbox/{side}": list(values) for side, values in boxes},
        }
    )


CAT = ("cat", 2, 0.5, 0.25, 1.0, 0.5)


@pytest.fixture
def data_dir(tmp_path):
    """An empty folder in `tmp_path`."""
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def test_images_stay_in_their_file(tmp_path):
    encoded = [image_file(1, "PNG"), image_file(2, "JPEG")]
    records = [serialize(f"{idx}.png", CAT, encoded=one) for idx, one in enumerate(encoded)]
    write_records(tmp_path / "train.record", records)
    dataset = read_dataset(tmp_path)
    assert dataset.keys == ("0.png", "1.png")
    assert [dataset.images[key].read_bytes() for key in dataset.keys] == encoded
    assert dataset.images["0.png"].annotation.source == "train.record, record 0"
    cat = AnnotatedObject(1, "cat", (10.0, 10.0, 20.0, 20.0))
    assert dataset.images["1.png"].annotation.objects == (cat,)
    assert {name: len(entries) for name, entries in dataset.splits.items()} == {"train": 2}
    assert dataset.declared_label_map == {"cat": 2}
    assert (dict(dataset.faults), dataset.warnings) == ({}, ())


def test_our_records_come_back_byte_for_byte(tmp_path):
    """Through another order of classes than the alphabet's, and several shards."""
    write_shapes(tmp_path / "shapes", num_images=12, seed=5)
    names = sorted(read_dataset(tmp_path / "shapes").class_names(), reverse=True)
    items = (f'item {{ id: {idx} name: "{name}" }}\n' for idx, name in enumerate(names, start=3))
    label_map = write_text(tmp_path / "map.pbtxt", "".join(items))
    options = ConversionOptions(label_map_path=label_map, num_shards=2)
    convert_dataset(tmp_path / "shapes", tmp_path / "first", options)
    convert_dataset(tmp_path / "first", tmp_path / "second", ConversionOptions(num_shards=2))
    paths = sorted(tmp_path.glob("first/*.record-*"))
    assert len(paths) >= 4
    for path in paths:
        assert (tmp_path / "second" / path.name).read_bytes() == path.read_bytes()
    first, second = (DatasetSummary.load(tmp_path / name) for name in ("first", "second"))
    assert (first.label_map, first.splits) == (second.label_map, second.splits)


def test_an_export_of_roboflow(data_dir, tmp_path):
    """Its layout: a folder per split, the label map in each; absolute boxes would be above 1."""
    for split, num in (("train", 3), ("valid", 2), ("test", 1)):
        folder = data_dir / split
        write_text(folder / "Cells_label_map.pbtxt", LABEL_MAP)
        records = [serialize(f"{split}{idx}_jpg.rf.0a.jpg", CAT) for idx in range(num)]
        write_records(folder / "Cells.tfrecord", records)
    write_text(data_dir / "README.roboflow.txt", "exported")
    summary = convert_dataset(data_dir, tmp_path / "out")
    assert summary.label_map == {"cat": 2, "dog": 9}
    counts = {name: split.num_examples for name, split in summary.splits.items()}
    assert counts == {"train": 3, "val": 2, "test": 1}


def test_without_splits_the_images_are_divided(tmp_path):
    write_records(tmp_path / "all.record", [serialize(f"{i}.png", CAT) for i in range(10)])
    summary = convert_dataset(tmp_path / "all.record", tmp_path / "out")
    assert {name: one.num_examples for name, one in summary.splits.items()} == {
        "train": 8, "val": 2
    }  # fmt: skip


def test_a_record_in_two_splits_is_one_image(tmp_path):
    first, second, third = (serialize(f"{i}.png", CAT) for i in range(3))
    write_records(tmp_path / "train.record", [first, second, second])
    write_records(tmp_path / "trainval.record", [first, second, third])
    dataset = read(tmp_path)
    assert dataset.keys == ("0.png", "1.png", "2.png")
    keys = {name: [one.key for one in entries] for name, entries in dataset.splits.items()}
    assert keys == {
        "train": ["0.png", "1.png", "1.png"], "trainval": ["0.png", "1.png", "2.png"]
    }  # fmt: skip
    write_records(tmp_path / "all.record", [first, second, second])
    assert read(tmp_path / "all.record").warnings == (
        "1 record repeats another byte for byte; each is taken once.",
    )


def test_equal_names_get_numbers(tmp_path):
    write_records(
        tmp_path / "a.record",
        [serialize("x/a.png", CAT, encoded=image_file(number)) for number in range(3)]
        + [serialize("../../a.png"), serialize("/etc/a.png", CAT), serialize("")],
    )
    dataset = read(tmp_path)
    assert dataset.keys == (
        "x/a.png", "x/a-2.png", "x/a-3.png", "a.png", "a-2.png", "a-000005.png"
    )  # fmt: skip
    assert dataset.warnings == (
        "3 records have the name of another and get a number: x/a.png, a.png",
    )
    assert [dataset.images[key].record_name for key in dataset.keys] == list(dataset.keys)


def test_faults_name_file_and_record(data_dir, tmp_path):
    write_records(
        data_dir / "train.record-00000-of-00003",
        [serialize("a.png", CAT), b"\xff\xff", serialize("b.png", CAT, encoded=b"text")],
    )
    path = data_dir / "train.record-00002-of-00003"
    records = [serialize(f"{number}.png", CAT) for number in range(3)]
    write_records(path, records)
    content = bytearray(path.read_bytes())
    content[HEADER_BYTES + len(records[0]) + 4 + HEADER_BYTES + 5] ^= 1
    path.write_bytes(content)
    (data_dir / "val.record").write_bytes(gzip.compress(b"data", mtime=0))
    write_records(data_dir / "test.record", [serialize("t.png", CAT)])
    cut = (data_dir / "test.record").read_bytes()[:-1]
    (data_dir / "test.record").write_bytes(cut)
    dataset = read(data_dir)
    assert list(dataset.images) == ["a.png", "0.png"]
    assert dataset.fault_lines() == [
        "train.record-00001-of-00003: is missing, expected beside the other shards",
        f"test.record: it is cut short within record 0, at byte {len(cut)}; "
        "nothing after that is read",
        "train.record-00000-of-00003, record 1: is not a tf.train.Example",
        "train.record-00000-of-00003, record 2: has an image that is no whole JPEG, PNG, BMP, GIF "
        "or WebP file",
        "train.record-00002-of-00003, record 1: its data is damaged, the checksum does not match; "
        "nothing after that is read",
        "val.record: is compressed (GZIP), expected plain records; decompress it first",
    ]
    with pytest.raises(OdapiError, match="Nothing was written: 6 faults"):
        convert_dataset(data_dir, tmp_path / "out")


def test_an_image_that_does_not_decode_is_named_by_its_record(data_dir, tmp_path):
    encoded = image_file()
    write_records(data_dir / "all.record", [serialize("a.png", CAT, encoded=encoded[:-9])] * 2)
    write_records(data_dir / "train.record", [serialize("b.png", CAT)])
    with pytest.raises(OdapiError, match="Nothing was written") as caught:
        convert_dataset(data_dir, tmp_path / "out")
    (line,) = caught.value.details
    assert line.startswith("all.record, record 0: image a.png: cannot be decoded: ")


@pytest.mark.parametrize("content", [b"", b"\0" * 11])
def test_files_without_records(tmp_path, content):
    (tmp_path / "a.record").write_bytes(content)
    if content:
        assert read(tmp_path).fault_lines() == [
            "a.record: it ends within record 0, at byte 11; nothing after that is read"
        ]
    else:
        with pytest.raises(OdapiError, match=r"The record files in .* are empty"):
            read(tmp_path)


def test_ten_thousand_objects(tmp_path):
    boxes = [("cat", 2, 0.0, number / 20_000, 0.5, 0.75) for number in range(10_000)]
    write_records(tmp_path / "train.record", [serialize("a.png", *boxes)])
    dataset = read(tmp_path)
    assert len(dataset.images["a.png"].annotation.objects) == 10_000


SIDE = st.floats(0, 1, width=32)
OBJECTS = st.lists(
    st.tuples(
        st.sampled_from([("cat", 2), ("dog", 9), ("Kätzchen", 3), ("a 'b' \"c\"", 4)]),
        SIDE, SIDE, SIDE, SIDE,
        st.booleans(), st.booleans(), st.booleans(), st.text(max_size=5),
    ),
    max_size=6,
)  # fmt: skip


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32), records=st.lists(OBJECTS, min_size=50, max_size=50))
def test_random_records(tmp_path_factory, seed, records):
    """A thousand in all: every value comes back as it was written down."""
    generator = random.Random(seed)
    folder = tmp_path_factory.mktemp("records")
    sizes_wh = [(generator.randint(1, 99), generator.randint(1, 99)) for _ in records]
    serialized = [
        serialize_random(f"{idx}.png", size_wh, objects)
        for idx, (size_wh, objects) in enumerate(zip(sizes_wh, records, strict=True))
    ]
    write_records(folder / "train.record-00000-of-00002", serialized[:20])
    write_records(folder / "train.record-00001-of-00002", serialized[20:])
    dataset = read(folder)
    assert dataset.fault_lines() == []
    for idx, ((width, height), objects) in enumerate(zip(sizes_wh, records, strict=True)):
        annotation = dataset.images[f"{idx}.png"].annotation
        assert annotation.declared_hw == (height, width)
        assert [(one.name, one.number) for one in annotation.objects] == [
            (name, number) for number, ((name, _), *_) in enumerate(objects, start=1)
        ]
        for one, (_, ymin, xmin, ymax, xmax, *rest) in zip(
            annotation.objects, objects, strict=True
        ):
            assert one.box_xyxy_px == (xmin * width, ymin * height, xmax * width, ymax * height)
            assert [one.is_difficult, one.is_truncated, one.is_crowd, one.pose] == rest


def serialize_random(name, size_wh, objects) -> bytes:
    content = io.BytesIO()
    Image.new("L", size_wh).save(content, "PNG")
    columns = list(zip(*objects, strict=True)) or [()] * 9
    classes, *sides, difficult, truncated, crowd, view = columns
    boxes = zip(("ymin", "xmin", "ymax", "xmax"), sides, strict=True)
    return serialize_example(
        {
            "image/filename": [name.encode()],
            "image/encoded": [content.getvalue()],
            "image/object/class/text": [text.encode() for text, _ in classes],
            "image/object/class/label": [class_id for _, class_id in classes],
            **{f"image/object/bbox/{side}": list(values) for side, values in boxes},
            "image/object/difficult": list(map(int, difficult)),
            "image/object/truncated": list(map(int, truncated)),
            "image/object/is_crowd": list(map(int, crowd)),
            "image/object/view": [text.encode() for text in view],
        }
    )


def test_records_that_are_read_and_written_again_are_equal(data_dir, tmp_path):
    """Other programs' records lose only what is told; these have nothing else."""
    generator = random.Random(1)
    boxes = [sorted(generator.random() for _ in range(2)) for _ in range(40)]
    records = [
        serialize(f"{idx}.png", ("cat", 2, ys[0], xs[0], ys[1], xs[1]))
        for idx, (ys, xs) in enumerate(zip(boxes[::2], boxes[1::2], strict=True))
    ]
    write_records(data_dir / "train.record", records)
    for source, target in ((data_dir, "first"), (tmp_path / "first", "second")):
        convert_dataset(source, tmp_path / target)
    name = "train.record-00000-of-00001"
    first, second = ([*read_records(str(tmp_path / one / name))] for one in ("first", "second"))
    assert first == second
    assert len(first) == 20
