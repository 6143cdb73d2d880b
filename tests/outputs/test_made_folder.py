import pytest

from odapi_ssd.outputs.made_folder import made_folder


def test_a_folder_is_made_with_its_parents(tmp_path):
    with made_folder(tmp_path / "a" / "b"):
        pass
    assert (tmp_path / "a" / "b").is_dir()


def test_a_failure_removes_those_that_were_made(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(KeyboardInterrupt), made_folder(tmp_path / "a" / "b" / "c"):
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.rglob("*")] == ["a"]


def test_a_failure_removes_none_with_something_in_it(tmp_path):
    def fill():
        with made_folder(tmp_path / "a" / "b"):
            (tmp_path / "a" / "x").write_text("x")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fill()
    assert {path.name for path in tmp_path.rglob("*")} == {"a", "x"}


def test_one_that_is_there_stays(tmp_path):
    with pytest.raises(ValueError, match="no"), made_folder(tmp_path):
        raise ValueError("no")
    assert tmp_path.is_dir()


def test_folders_made_before_one_that_cannot_be_go_again(tmp_path):
    with (
        pytest.raises(OSError, match="File name too long"),
        made_folder(tmp_path / "a" / ("x" * 300)),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_its_place_is_an_error(tmp_path):
    (tmp_path / "a").write_text("mine")
    for path in (tmp_path / "a", tmp_path / "a" / "b"):
        with pytest.raises(NotADirectoryError), made_folder(path):
            pass
