"""The commands of data/ as a user calls them."""

import subprocess
import sys

import pytest

from odapi_ssd.data.label_map import read_label_map


def run(*arguments):
    """Runs `odapi-ssd` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "odapi_ssd", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_shapes_then_label_map(tmp_path):
    done = run("shapes", "--output_dir", tmp_path / "shapes", "--num_images", 4)
    assert done.returncode == 0, done.stderr
    assert "trainval" in done.stdout
    path = tmp_path / "map.pbtxt"
    done = run("label-map", "--data_dir", tmp_path / "shapes", "--output_path", path)
    assert done.returncode == 0, done.stderr
    assert set(read_label_map(path)) <= {"circle", "square", "triangle"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("shapes",),
        ("shapes", "--output_dir", "x", "--num_images", "2"),
        ("label-map", "--data_dir", "x"),
        ("convert", "--data_dir", "x"),
        ("convert", "--data_dir", "x", "--output_dir", "y", "--val_fraction", "1"),
        ("convert", "--data_dir", "x", "--output_dir", "y", "--val_fraction", "nan"),
        ("convert", "--data_dir", "x", "--output_dir", "y", "--num_shards", "0"),
        ("convert", "--data_dir", "x", "--output_dir", "y", "--num_workers", "0"),
        ("convert", "--data_dir", "x", "--output_dir", "y", "--splits", ","),
    ],
)
def test_wrong_calls_exit_with_2(arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert "Usage:" in done.stderr


@pytest.mark.parametrize("command", ["convert", "label-map"])
def test_empty_folder_is_one_clear_message(tmp_path, command):
    (tmp_path / "empty").mkdir()
    target = "--output_dir" if command == "convert" else "--output_path"
    done = run(command, "--data_dir", tmp_path / "empty", target, tmp_path / "out")
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: No annotated images in {tmp_path / 'empty'}")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_label_map_names_all_broken_annotations(voc_dir, tmp_path):
    for stem in ("one", "two"):
        voc_dir.add(stem, xml="no XML")
    done = run("label-map", "--data_dir", voc_dir.root, "--output_path", tmp_path / "map.pbtxt")
    assert done.returncode == 1
    assert "one.xml" in done.stderr
    assert "two.xml" in done.stderr
    assert not (tmp_path / "map.pbtxt").exists()


@pytest.mark.tf
def test_convert(voc_dir, tmp_path):
    for number in range(4):
        voc_dir.add(str(number), [("dog", (30, 1, 50, 9))])
    done = run("convert", "--data_dir", voc_dir.root, "--output_dir", tmp_path / "records")
    assert done.returncode == 0, done.stderr
    assert "Images converted: 4/4" in done.stdout
    assert [line.split() for line in done.stdout.splitlines()[-4:-1]] == [
        ["split", "images", "objects", "shards"],
        ["train", "3", "3", "1"],
        ["val", "1", "1", "1"],
    ]
    assert "Warning: 4 boxes clipped" in done.stderr
    assert "person" in read_label_map(tmp_path / "records" / "label_map.pbtxt")
