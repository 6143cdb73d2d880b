import pytest

from odapi_ssd.data.label_map import read_label_map
from odapi_ssd.errors import OdapiError
from tests.support.command_line import run_odapi_ssd


def test_it_writes_and_prints_the_label_map(shapes_dir, tmp_path):
    path = tmp_path / "map.pbtxt"
    done = run_odapi_ssd("label-map", "--data_dir", shapes_dir, "--output_path", path)
    assert done.returncode == 0, done.stderr
    assert read_label_map(path) == {"circle": 1, "square": 2, "triangle": 3}
    title, columns, *rows = done.stdout.splitlines()
    assert title == f"Label map {path}"
    assert columns.split() == ["id", "class", "objects"]
    numbered = [["1", "circle"], ["2", "square"], ["3", "triangle"]]
    assert [row.split()[:2] for row in rows] == numbered


def test_a_missing_option_is_2(invoke):
    result = invoke("label-map", "--data_dir", "x")
    assert result.exit_code == 2
    assert "Missing option '--output_path'" in result.stderr


def test_all_broken_annotations_are_named_and_nothing_is_written(invoke, tmp_path):
    for stem in ("one", "two"):
        (tmp_path / f"{stem}.xml").write_text("no XML")
    path = tmp_path / "map.pbtxt"
    with pytest.raises(OdapiError) as raised:
        invoke("label-map", "--data_dir", tmp_path, "--output_path", path)
    assert "one.xml" in str(raised.value)
    assert "two.xml" in str(raised.value)
    assert not path.exists()


def test_an_empty_folder_is_one_clear_message(tmp_path):
    path = tmp_path / "map.pbtxt"
    done = run_odapi_ssd("label-map", "--data_dir", tmp_path, "--output_path", path)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: No annotated ")
    assert str(tmp_path) in done.stderr
    assert "Traceback" not in done.stderr
    assert not path.exists()


def test_only_its_own_label_map_is_replaced(invoke, shapes_dir, tmp_path):
    path = tmp_path / "map.pbtxt"
    arguments = ("label-map", "--data_dir", shapes_dir, "--output_path", path)
    for _ in range(2):
        assert invoke(*arguments).exit_code == 0
    edited = path.read_text() + "# my notes\n"
    path.write_text(edited)
    with pytest.raises(OdapiError, match="label-map did not write it, or it was edited since"):
        invoke(*arguments)
    assert path.read_text() == edited
    assert invoke(*arguments, "--overwrite").exit_code == 0
    assert "my notes" not in path.read_text()
