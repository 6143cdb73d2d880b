"""Whole conversions; the records are read back with the API's own decoder."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.json_values import JsonObject
from odapi_ssd.data.protos import Example
from odapi_ssd.data.records.reader import read_records
from odapi_ssd.data.summary import DatasetSummary
from odapi_ssd.errors import OdapiError
from odapi_ssd.outputs.folder import OutputFolder
from odapi_ssd.progress import SILENT
from tests.support.recorded_progress import InterruptedProgress


@pytest.fixture(scope="module")
def decode():
    """Reads all examples of some shards through the API's decoder."""
    import odapi_ssd

    odapi_ssd.register()
    import tensorflow as tf
    from object_detection.data_decoders.tf_example_decoder import TfExampleDecoder

    decoder = TfExampleDecoder()

    def decode_all(*paths):
        records = tf.data.TFRecordDataset([str(path) for path in paths])
        return [
            {key: value.numpy() for key, value in decoder.decode(record).items()}
            for record in records
        ]

    return decode_all


def snapshot(folder):
    """Every file's bytes, or None if there is no folder."""
    if not folder.exists():
        return None
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def output_dir(tmp_path):
    return tmp_path / "records"


def fails(voc_dir, output_dir, **options):
    """The message of a conversion that must fail and leave the output folder as it was."""
    before, options = snapshot(output_dir), ConversionOptions(**options)
    with pytest.raises(OdapiError) as caught:
        convert_dataset(voc_dir.root, output_dir, options)
    assert snapshot(output_dir) == before
    return str(caught.value)


@pytest.mark.tf
def test_records_hold_what_the_annotations_say(voc_dir, output_dir, decode):
    voc_dir.add("a", [("dog", (4, 2, 20, 12), "<difficult>1</difficult><pose>Left</pose>"),
                      ("Kätzchen", (10, 5, 30.5, 20), "<truncated>1</truncated>")])  # fmt: skip
    voc_dir.add("b", [], suffix=".png")
    voc_dir.add_splits(train=["b", "a"])
    summary = convert_dataset(voc_dir.root, output_dir)
    path = output_dir / "train.record-00000-of-00001"
    negative, example = decode(path)
    assert negative["source_id"] == b"b.png"
    assert negative["groundtruth_boxes"].shape == (0, 4)
    assert example["filename"] == example["source_id"] == b"a.jpg"
    assert example["image"].shape == (20, 40, 3)
    expected_yxyx = [[0.1, 0.1, 0.6, 0.5], [0.25, 0.25, 1.0, 0.7625]]
    assert example["groundtruth_boxes"] == pytest.approx(np.array(expected_yxyx))
    assert example["groundtruth_classes"].tolist() == [2, 1]
    assert example["groundtruth_difficult"].tolist() == [1, 0]
    assert summary.label_map == {"Kätzchen": 1, "dog": 2}
    assert summary.splits["train"].num_objects_per_class == {"Kätzchen": 1, "dog": 1}
    assert summary.splits["train"].max_objects_per_image == 2


def test_feature_keys_are_those_of_the_apis_converter(voc_dir, output_dir):
    voc_dir.add("a", suffix=".png")
    voc_dir.add_splits(train=["a"])
    convert_dataset(voc_dir.root, output_dir)
    (record,) = read_records(str(output_dir / "train.record-00000-of-00001"))
    features = Example.FromString(record).features.feature
    per_object = ("bbox/xmin", "bbox/xmax", "bbox/ymin", "bbox/ymax", "class/text", "class/label",
                  "difficult", "truncated", "view")  # fmt: skip
    per_image = ("height", "width", "filename", "source_id", "key/sha256", "encoded", "format")
    assert set(features) == {f"image/{key}" for key in per_image} | {
        f"image/object/{key}" for key in per_object
    }
    assert features["image/height"].int64_list.value == [20]
    assert features["image/width"].int64_list.value == [40]
    assert features["image/format"].bytes_list.value == [b"png"]
    encoded = (voc_dir.images / "a.png").read_bytes()
    assert features["image/encoded"].bytes_list.value == [encoded]
    assert features["image/object/view"].bytes_list.value == [b"Unspecified"]


def test_boxes_are_clipped_or_dropped_and_reported(voc_dir, output_dir):
    boxes = [(-5, 2, 20, 12), (8, 8, 8, 12), (20, 2, 10, 12), (4, 2, 20, 12)]
    voc_dir.add("a", [("dog", box) for box in boxes])
    voc_dir.add_splits(train=["a"])
    convert_dataset(voc_dir.root, output_dir)
    written = json.loads((output_dir / "dataset.json").read_text())
    assert written["splits"]["train"]["num_objects"] == 2
    assert [(one["file"], one["object"], one["split"]) for one in written["dropped"]] == [
        ("Annotations/a.xml", 2, "train"),
        ("Annotations/a.xml", 3, "train"),
    ]
    assert "swapped" in written["dropped"][1]["reason"]
    assert [one["object"] for one in written["clipped"]] == [1]
    assert any("2 boxes without area dropped" in warning for warning in written["warnings"])
    assert DatasetSummary.load(output_dir) == DatasetSummary._from_json(JsonObject(written))


def refuse_wide_images(encoded, image_hw):
    return "it is too wide" if image_hw[1] > 40 else None


def test_a_further_check_of_images_runs_in_the_workers(voc_dir, output_dir):
    for stem, width in (("a", 40), ("b", 41), ("c", 50)):
        voc_dir.add(stem, size_wh=(width, 20))
    message = fails(voc_dir, output_dir, verify=refuse_wide_images, num_workers=2)
    assert "2 faults" in message
    assert "Annotations/b.xml: image b.jpg: it is too wide" in message


@pytest.mark.tf
def test_the_images_own_size_counts(voc_dir, output_dir, decode):
    voc_dir.add("a", size_wh=(20, 40))  # The annotation says 40x20.
    voc_dir.add_splits(train=["a"])
    summary = convert_dataset(voc_dir.root, output_dir)
    (example,) = decode(output_dir / "train.record-00000-of-00001")
    assert example["groundtruth_boxes"][0] == pytest.approx([2 / 40, 4 / 20, 12 / 40, 20 / 20])
    assert "width and height are swapped" in summary.warnings[0]


def test_warnings_about_rotation_leaks_and_unannotated_images(voc_dir, output_dir):
    exif = Image.Exif()
    exif[0x0112] = 8
    voc_dir.add("a", [("dog", (1, 1, 9, 9)), ("Dog", (1, 1, 9, 9))])
    voc_dir.add_image("a.jpg", exif=exif)
    voc_dir.add_image("extra.jpg")
    voc_dir.add_splits(train=["a"], val=["a"])
    text = "\n".join(convert_dataset(voc_dir.root, output_dir).warnings)
    assert "1 image carries an EXIF rotation" in text
    assert (
        "1 image is in more than one split, so scores will be too good: a.jpg (train, val)" in text
    )
    assert "1 image has no annotation" in text
    assert "'Dog', 'dog'" in text


def test_all_offenders_are_named_at_once(voc_dir, output_dir):
    voc_dir.add("good")
    voc_dir.add("no_xml", xml="this is not XML")
    voc_dir.add("escape", xml="<annotation><filename>../../etc/passwd</filename></annotation>")
    (voc_dir.images / "escape.jpg").unlink()
    voc_dir.add("no_image")
    (voc_dir.images / "no_image.jpg").unlink()
    voc_dir.add("short")
    content = (voc_dir.images / "short.jpg").read_bytes()
    (voc_dir.images / "short.jpg").write_bytes(content[: len(content) // 2])
    voc_dir.add_splits(train=["good", "no_xml", "escape", "no_image", "short", "unknown"])
    message = fails(voc_dir, output_dir)
    for offender in (
        "Annotations/no_xml.xml: is not XML",
        "'../../etc/passwd'",
        "Annotations/no_image.xml: no image named",
        "Annotations/short.xml: image short.jpg: cannot be decoded",
        "'unknown' has no annotation",
    ):
        assert offender in message
    assert "good" not in message
    assert not output_dir.exists()


def test_external_entity_is_never_read(voc_dir, output_dir, tmp_path):
    (tmp_path / "secret").write_text("TOP SECRET")
    entity = f'<!DOCTYPE annotation [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'
    xml = f"{entity}<annotation><filename>&x;</filename></annotation>"
    voc_dir.add("evil", xml=xml)
    voc_dir.add_splits(train=["evil"])
    message = fails(voc_dir, output_dir)
    assert "evil.xml: declares a DTD or entities" in message
    assert "SECRET" not in message


def test_truncated_image_found_while_writing_leaves_nothing(voc_dir, output_dir):
    for stem in ("a", "b", "c"):
        voc_dir.add(stem)
    content = (voc_dir.images / "b.jpg").read_bytes()
    (voc_dir.images / "b.jpg").write_bytes(content[:-30])
    voc_dir.add_splits(train=["a", "b", "c"])
    assert "b.jpg: cannot be decoded" in fails(voc_dir, output_dir, num_shards=3)
    assert not output_dir.exists()


def test_label_map_that_lacks_classes(voc_dir, output_dir, tmp_path):
    voc_dir.add("a", [(name, (1, 1, 9, 9)) for name in ("dog", "cat", "cow", "cat")])
    voc_dir.add_splits(train=["a"])
    label_map_path = tmp_path / "map.pbtxt"
    label_map_path.write_text('item { id: 5 name: "dog" }')
    message = fails(voc_dir, output_dir, label_map_path=label_map_path)
    assert message.splitlines()[1:3] == [
        "  - Annotations/a.xml: class 'cat' (objects 2, 4) is not in the label map",
        "  - Annotations/a.xml: class 'cow' (object 3) is not in the label map",
    ]
    assert "2 faults in" in message


def test_one_fault_is_no_faults(voc_dir, output_dir):
    voc_dir.add("a", xml="this is not XML")
    voc_dir.add_splits(train=["a"])
    assert "1 fault in " in fails(voc_dir, output_dir)


def test_all_offenders_are_named_however_many(voc_dir, output_dir):
    for number in range(120):
        voc_dir.add(f"{number:03d}", xml="<a/>")
    message = fails(voc_dir, output_dir)
    assert all(f"Annotations/{number:03d}.xml" in message for number in range(120))


@pytest.mark.tf
def test_given_label_map_is_used_and_copied(voc_dir, output_dir, tmp_path, decode):
    voc_dir.add("a")
    voc_dir.add_splits(train=["a"])
    label_map_path = tmp_path / "map.pbtxt"
    text = "# Kéep\r\nitem { id: 7 name: 'dog' display_name: 'Dog' }\nitem { id: 2 name: 'zebra' }"
    label_map_path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    options = ConversionOptions(label_map_path=label_map_path)
    assert convert_dataset(voc_dir.root, output_dir, options).label_map == {"zebra": 2, "dog": 7}
    (example,) = decode(output_dir / "train.record-00000-of-00001")
    assert example["groundtruth_classes"].tolist() == [7]
    assert (output_dir / "label_map.pbtxt").read_bytes() == text.encode()


@pytest.fixture
def big_dir(voc_dir):
    """23 images, each with a box of its own."""
    for number in range(23):
        voc_dir.add(f"{number:02d}", [("zebra", (number, 1, number + 5, 9))])
    return voc_dir


def test_number_of_workers_changes_nothing(big_dir, tmp_path):
    outputs = []
    for num_workers in (1, 3):
        folder = tmp_path / f"out{num_workers}"
        options = ConversionOptions(num_workers=num_workers, num_shards=2)
        convert_dataset(big_dir.root, folder, options)
        outputs.append(snapshot(folder))
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) == 2 * 2 + 3  # with label map, dataset.json, manifest


@pytest.mark.tf
def test_shards_hold_all_examples_once_and_stale_ones_go(big_dir, output_dir, decode):
    big_dir.add_splits(train=[f"{number:02d}" for number in range(23)])
    convert_dataset(big_dir.root, output_dir, ConversionOptions(num_shards=7))
    (output_dir / "notes.txt").write_text("mine")
    (output_dir / "train.record-backup").write_text("mine")
    convert_dataset(big_dir.root, output_dir, ConversionOptions(num_shards=5))
    shards = sorted(output_dir.glob("train.record-*-of-*"))
    assert [path.name for path in shards] == [f"train.record-{i:05d}-of-00005" for i in range(5)]
    names = [example["source_id"].decode() for example in decode(*shards)]
    assert names == [f"{number:02d}.jpg" for number in range(23)]
    assert (output_dir / "notes.txt").read_text() == "mine"
    assert (output_dir / "train.record-backup").read_text() == "mine"


def test_never_more_shards_than_examples(big_dir, output_dir):
    big_dir.add_splits(train=["00", "01"])
    summary = convert_dataset(big_dir.root, output_dir, ConversionOptions(num_shards=9))
    assert summary.splits["train"].num_shards == 2


def test_flat_folder_is_divided(make_voc_dir, output_dir):
    flat = make_voc_dir("flat", annotations="annotations", images="images")
    for number in range(10):
        flat.add(str(number))
    summary = convert_dataset(flat.root, output_dir, ConversionOptions(val_fraction=0.3))
    counts = {name: split.num_examples for name, split in summary.splits.items()}
    assert counts == {"train": 7, "val": 3}


@pytest.mark.parametrize("where", ["progress", "publish"])
def test_interruption_leaves_the_earlier_conversion(big_dir, output_dir, monkeypatch, where):
    convert_dataset(big_dir.root, output_dir)
    before = snapshot(output_dir)

    def interrupt(*_):
        raise KeyboardInterrupt

    progress = InterruptedProgress(at=1) if where == "progress" else SILENT
    if where == "publish":
        monkeypatch.setattr(OutputFolder, "publish", interrupt)
    with pytest.raises(KeyboardInterrupt):
        convert_dataset(
            big_dir.root, output_dir, ConversionOptions(num_shards=4, num_workers=2), progress
        )
    assert snapshot(output_dir) == before


@pytest.mark.slow
def test_ctrl_c_ends_the_command_and_leaves_nothing(big_dir, output_dir):
    for number in range(300):
        big_dir.add(f"big{number}", size_wh=(1500, 1000))
    process = subprocess.Popen(
        [sys.executable, "-m", "odapi_ssd", "convert", "--data_dir", str(big_dir.root),
         "--output_dir", str(output_dir), "--num_workers", "2"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(output_dir.glob(".incomplete-*/new/*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    assert not output_dir.exists()


@pytest.mark.tf
@pytest.mark.real_data
def test_bccd(bccd_dir, output_dir, decode):
    summary = convert_dataset(bccd_dir, output_dir)
    counts = {name: split.num_examples for name, split in summary.splits.items()}
    assert counts == {"train": 205, "val": 87, "test": 72}
    assert summary.label_map == {"Platelets": 1, "RBC": 2, "WBC": 3}
    assert {(one.file, one.object, one.split) for one in summary.dropped} == {
        ("Annotations/BloodImage_00343.xml", 4, "train"),
        ("Annotations/BloodImage_00338.xml", 13, "val"),
    }
    examples = decode(output_dir / "train.record-00000-of-00001")
    assert len(examples) == 205
    num_boxes = sum(len(example["groundtruth_boxes"]) for example in examples)
    assert num_boxes == summary.splits["train"].num_objects == 2804


def test_a_conversion_imports_neither_tensorflow_nor_the_api(big_dir, output_dir, tmp_path):
    code = (
        "import sys; from odapi_ssd.cli import main\n"
        "def run(*arguments):\n"
        "    sys.argv = ['odapi-ssd', *arguments]\n"
        "    try: main()\n"
        "    except SystemExit as exit: assert not exit.code, exit.code\n"
        "data_dir, output_dir, map_path = sys.argv[1:]\n"
        "run('label-map', '--data_dir', data_dir, '--output_path', map_path)\n"
        "run('convert', '--data_dir', data_dir, '--output_dir', output_dir,\n"
        "    '--label_map_path', map_path, '--num_workers', '2')\n"
        "print('HEAVY', {'tensorflow', 'object_detection', 'odapi_ssd.compat'} & set(sys.modules))"
    )
    arguments = [str(path) for path in (big_dir.root, output_dir, tmp_path / "map.pbtxt")]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("HEAVY set()\n")
    assert len(list(output_dir.glob("*.record-*"))) == 2
