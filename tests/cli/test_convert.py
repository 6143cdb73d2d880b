import json

import pytest

from odapi_ssd.data import images
from odapi_ssd.data.label_map import read_label_map
from odapi_ssd.errors import OdapiError
from tests.support.command_line import run_odapi_ssd
from tests.support.dataset_files import voc_xml, write_image, write_text


@pytest.fixture
def voc_dir(tmp_path):
    """Four images, 80 wide, each with a dog whose box is 10 pixels too wide."""
    folder = tmp_path / "voc"
    for number in range(4):
        write_image(folder / "JPEGImages" / f"{number}.jpg")
        xml = voc_xml("JPEGImages", f"{number}.jpg", [("dog", (60, 1, 90, 9), 0)])
        write_text(folder / "Annotations" / f"{number}.xml", xml)
    return folder


def test_records_are_counted_and_warnings_shown(voc_dir, tmp_path):
    done = run_odapi_ssd("convert", "--data_dir", voc_dir, "--output_dir", tmp_path / "records")
    assert done.returncode == 0, done.stderr
    assert "Images converted: 4/4" in done.stdout
    assert [line.split() for line in done.stdout.splitlines()[-4:-1]] == [
        ["split", "images", "objects", "shards"],
        ["train", "3", "3", "1"],
        ["val", "1", "1", "1"],
    ]
    assert "Warning: 4 boxes clipped" in done.stderr
    assert "person" in read_label_map(tmp_path / "records" / "label_map.pbtxt")


def test_every_option_reaches_the_conversion(voc_dir, tmp_path, invoke):
    label_map_path = write_text(tmp_path / "map.pbtxt", "item { id: 7 name: 'dog' }")
    result = invoke(
        "convert", "--data_dir", voc_dir, "--output_dir", tmp_path / "records",
        "--label_map_path", label_map_path, "--splits", " val, train,,val",
        "--val_fraction", "0.5", "--num_shards", "2", "--num_workers", "1",
    )  # fmt: skip
    assert result.exit_code == 0
    assert [line.split() for line in result.stdout.splitlines()[-3:]] == [
        ["val", "2", "2", "2"],
        ["train", "2", "2", "2"],
        ["Classes:", "dog"],
    ]
    assert read_label_map(tmp_path / "records" / "label_map.pbtxt") == {"dog": 7}


def test_classes_and_groups(voc_dir, tmp_path, invoke):
    result = invoke(
        "convert", "--data_dir", voc_dir, "--output_dir", tmp_path / "records",
        "--rename", "dog = big = dog", "--classes", "big = dog", "--group_by", "[01]|[23]",
        "--val_fraction", "0.5",
    )  # fmt: skip
    assert result.exit_code == 0
    assert read_label_map(tmp_path / "records" / "label_map.pbtxt") == {"big = dog": 1}
    unknown = run_odapi_ssd(
        "convert", "--data_dir", voc_dir, "--output_dir", tmp_path / "none", "--classes", "dgo"
    )
    assert unknown.returncode == 1
    assert "--classes: no object is of class 'dgo', perhaps 'dog' is meant" in unknown.stderr
    assert not (tmp_path / "none").exists()


def test_skipped_files_are_counted_at_the_end(voc_dir, tmp_path):
    (voc_dir / "JPEGImages" / "2.jpg").write_bytes(b"")
    call = ("convert", "--data_dir", voc_dir, "--output_dir", tmp_path / "records")
    failed = run_odapi_ssd(*call)
    assert failed.returncode == 1
    assert "2.jpg" in failed.stderr
    assert not (tmp_path / "records").exists()
    done = run_odapi_ssd(*call, "--on_error", "skip")
    assert done.returncode == 0, done.stderr
    path = tmp_path / "records" / "skipped.json"
    assert done.stdout.splitlines()[-1] == f"Skipped: 1 file with faults, listed in {path}"
    (entry,) = json.loads(path.read_text())
    assert entry == {
        "file": "Annotations/2.xml",
        "reason": "image 2.jpg: is not a JPEG, PNG, BMP, GIF or WebP file",
    }


@pytest.mark.tf
def test_full_verification_decodes_in_the_workers(voc_dir, tmp_path):
    done = run_odapi_ssd(
        "convert", "--data_dir", voc_dir, "--output_dir", tmp_path / "records",
        "--verify", "full", "--num_workers", "2",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if not line.startswith("Warning: ")] == []


@pytest.mark.tf
def test_full_verification_refuses_what_tensorflow_refuses(voc_dir, tmp_path, invoke, monkeypatch):
    """An image that the fast check takes, which none is known of: so one check of it is off."""
    monkeypatch.setattr(images, "check_jpeg", lambda content: None)
    path = voc_dir / "JPEGImages" / "2.jpg"
    path.write_bytes(path.read_bytes()[:-2] + bytes(100))
    call = ("convert", "--data_dir", voc_dir, "--num_workers", "1", "--output_dir")
    assert invoke(*call, tmp_path / "fast").exit_code == 0
    expected = "Annotations/2.xml: image 2.jpg: TensorFlow does not decode it: its data is damaged"
    with pytest.raises(OdapiError, match=expected):
        invoke(*call, tmp_path / "full", "--verify", "full")
    assert not (tmp_path / "full").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--output_dir y --verify much", "'much' is not one of 'fast', 'full'"),
        ("--output_dir y --runner_option a=b", "--runner_option is about the workers of a runner"),
        ("--output_dir y --worker_path a=b", "--worker_path is about the workers of a runner"),
        ("--output_dir y --runner DirectRunner --worker_path a", "HERE=THERE was expected"),
        ("", "Missing option '--output_dir'"),
        ("--output_dir y --val_fraction 1", "1.0 is not in the range 0<x<1"),
        ("--output_dir y --val_fraction nan", "nan is not a finite number; expected 0<x<1"),
        ("--output_dir y --num_shards 0", "0 is not in the range x>=1"),
        ("--output_dir y --classes ,", "expected names with commas between, such as dog,cat"),
        ("--output_dir y --rename dog", "'dog' is not of the form OLD=NEW"),
        ("--output_dir y --rename a=b --rename a=c", "--rename gives 'a' two names, 'b' and 'c'"),
        ("--output_dir y --group_by (", "--group_by is '(', which is not a regular expression"),
        ("--output_dir y --on_error stop", "'stop' is not one of 'fail', 'skip'"),
        ("--output_dir y --num_workers 0", "0 is not in the range x>=1"),
        ("--output_dir y --splits ,", "expected names with commas between, such as train,val"),
    ],
)
def test_a_wrong_call_is_2(invoke, arguments, message):
    result = invoke("convert", "--data_dir", "x", *arguments.split())
    assert result.exit_code == 2
    assert "Usage: " in result.stderr
    assert message in result.stderr


def test_an_empty_folder_is_one_clear_message(tmp_path):
    (tmp_path / "empty").mkdir()
    done = run_odapi_ssd("convert", "--data_dir", "empty", "--output_dir", "out", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: No annotated images in empty")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
