"""The records written, against those of TensorFlow."""

from pathlib import Path

import pytest
from PIL import Image

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.examples import Example, check_example
from odapi_ssd.data.formats import read_dataset
from odapi_ssd.data.records import keys
from odapi_ssd.data.records.reader import Record, read_examples, read_records
from odapi_ssd.data.records.writer import ShardedWriter, encode_example
from odapi_ssd.data.splits import plan_splits
from odapi_ssd.errors import OdapiError

LABEL_MAP = {"Kätzchen": 1, "dog": 5}


@pytest.fixture
def image_path(tmp_path):
    """40 wide, 20 high."""
    Image.new("RGB", (40, 20)).save(tmp_path / "a.png")
    return tmp_path / "a.png"


def example_of(path, *objects) -> Example:
    example = check_example(AnnotatedImage("a", path, Annotation("a.xml", None, objects)))
    assert isinstance(example, Example)
    return example


def test_features_by_hand(image_path):
    example = example_of(
        image_path,
        AnnotatedObject(1, "dog", (4, 2, 20, 12), "Left", is_difficult=True),
        AnnotatedObject(2, "Kätzchen", (0, 0, 40, 20), is_truncated=True),
    )
    record = Record(encode_example(example, LABEL_MAP), "r")
    assert list(record.integers(keys.HEIGHT)) == [20]
    assert list(record.integers(keys.WIDTH)) == [40]
    assert record.texts(keys.FILENAME) == record.texts(keys.SOURCE_ID) == ["a.png"]
    assert record.texts(keys.FORMAT) == ["png"]
    assert list(record.byte_strings(keys.ENCODED)) == [image_path.read_bytes()]
    assert len(record.texts(keys.SHA256)[0]) == 64
    boxes = zip(*(record.floats(key) for key in keys.BOX_YXYX), strict=True)
    assert list(boxes) == [pytest.approx((0.1, 0.1, 0.6, 0.5)), (0, 0, 1, 1)]
    assert record.texts(keys.CLASS_TEXT) == ["dog", "Kätzchen"]
    assert list(record.integers(keys.CLASS_LABEL)) == [5, 1]
    assert list(record.integers(keys.DIFFICULT)) == [1, 0]
    assert list(record.integers(keys.TRUNCATED)) == [0, 1]
    assert record.texts(keys.VIEW) == ["Left", "Unspecified"]


def write(writer, example):
    writer.write(encode_example(example, LABEL_MAP))


@pytest.mark.parametrize(
    ("num_examples", "num_shards", "expected"), [(1, 1, [1]), (4, 2, [2, 2]), (5, 3, [2, 2, 1])]
)
def test_shards_are_even_and_in_order(image_path, tmp_path, num_examples, num_shards, expected):
    writer = ShardedWriter(tmp_path, "val", num_examples, num_shards)
    for number in range(num_examples):
        box = (number, 0, 40, 20)
        write(writer, example_of(image_path, AnnotatedObject(1, "dog", box)))
    writer.close()
    paths = sorted(tmp_path.glob("val.record-*"))
    assert [path.name for path in paths] == [
        f"val.record-{index:05d}-of-{num_shards:05d}" for index in range(num_shards)
    ]
    records = [list(read_examples(str(path))) for path in paths]
    assert [len(found) for found in records] == expected
    xmins = [record.floats(keys.XMIN)[0] for found in records for record in found]
    assert xmins == pytest.approx([number / 40 for number in range(num_examples)])


@pytest.mark.parametrize(
    ("num_announced", "num_written", "expected"),
    [(8, 7, [2, 2, 2, 1]), (8, 4, [2, 2]), (8, 1, [1]), (3, 0, [])],
)
def test_no_shard_is_empty_if_examples_are_skipped(
    image_path, tmp_path, num_announced, num_written, expected
):
    writer = ShardedWriter(tmp_path, "val", num_announced, min(num_announced, 4))
    for _ in range(num_written):
        write(writer, example_of(image_path))
    writer.close()
    paths = sorted(tmp_path.glob("val.*"))
    assert [path.name for path in paths] == [
        f"val.record-{index:05d}-of-{len(expected):05d}" for index in range(len(expected))
    ]
    assert [len(list(read_examples(str(path)))) for path in paths] == expected
    assert writer.num_shards == (len(expected) or 3)


def test_a_folder_that_is_gone(image_path, tmp_path):
    writer = ShardedWriter(tmp_path / "gone", "train", 1, 1)
    with pytest.raises(OdapiError, match=r"'train' cannot be written to .*gone: No such file"):
        write(writer, example_of(image_path))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk(image_path, tmp_path):
    (tmp_path / "train.record-00000-of-00001").symlink_to("/dev/full")
    writer = ShardedWriter(tmp_path, "train", 1, 1)
    write(writer, example_of(image_path))  # Less than the buffer holds.
    with pytest.raises(OdapiError, match="No space left on device") as caught:
        writer.close()
    assert "make room" in (caught.value.hint or "")
    writer.close()


class TestTensorFlowWritesTheSame:
    """Whole conversions, byte for byte."""

    def compare(self, data_dir, tmp_path):
        summary = convert_dataset(data_dir, tmp_path / "records")
        dataset = read_dataset(data_dir)
        plan = plan_splits(dataset)
        assert plan.splits.keys() == summary.splits.keys()
        for split, image_keys in plan.splits.items():
            examples = [check_example(dataset.images[key]) for key in image_keys]
            expected = tmp_path / split
            _write_with_tensorflow(expected, examples, summary.label_map)
            (path,) = (tmp_path / "records").glob(f"{split}.record-*")
            assert path.read_bytes() == expected.read_bytes()
            assert len(list(read_records(str(path)))) == len(examples)

    @pytest.mark.tf
    def test_shapes(self, shapes_dir, tmp_path):
        self.compare(shapes_dir, tmp_path)

    @pytest.mark.tf
    @pytest.mark.real_data
    def test_bccd(self, bccd_dir, tmp_path):
        self.compare(bccd_dir, tmp_path)


def _write_with_tensorflow(path, examples, label_map):
    """The features as the API's own converter makes them, of TensorFlow's messages."""
    from odapi_ssd.compat import import_tensorflow

    tf = import_tensorflow()

    def of_bytes(*values):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))

    def of_integers(*values):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))

    with tf.io.TFRecordWriter(str(path)) as writer:
        for example in examples:
            image, objects = example.image, [placed.annotated for placed in example.objects]
            names = [one.name for one in objects]
            feature = {
                "image/height": of_integers(image.image_hw[0]),
                "image/width": of_integers(image.image_hw[1]),
                "image/filename": of_bytes(example.filename.encode()),
                "image/source_id": of_bytes(example.filename.encode()),
                "image/key/sha256": of_bytes(image.sha256.encode()),
                "image/encoded": of_bytes(image.encoded),
                "image/format": of_bytes(image.record_format.encode()),
                "image/object/class/text": of_bytes(*(name.encode() for name in names)),
                "image/object/class/label": of_integers(*(label_map[name] for name in names)),
                "image/object/difficult": of_integers(*(int(one.is_difficult) for one in objects)),
                "image/object/truncated": of_integers(*(int(one.is_truncated) for one in objects)),
                "image/object/view": of_bytes(*(one.pose.encode() for one in objects)),
            }
            for idx, side in enumerate(("ymin", "xmin", "ymax", "xmax")):
                values = [placed.box_yxyx[idx] for placed in example.objects]
                feature[f"image/object/bbox/{side}"] = tf.train.Feature(
                    float_list=tf.train.FloatList(value=values)
                )
            message = tf.train.Example(features=tf.train.Features(feature=feature))
            writer.write(message.SerializeToString(deterministic=True))
