import errno
import os
import stat
from pathlib import Path

import pytest

from odapi_ssd.atomic_output import publish, staging_folder, write_text
from odapi_ssd.errors import OdapiError


@pytest.fixture
def no_umask(monkeypatch):
    """Writing must never set the process's umask, which belongs to all of its threads."""
    mask = os.umask(0o027)
    monkeypatch.setattr(os, "umask", lambda _: pytest.fail("the umask was set"))
    yield
    monkeypatch.undo()
    os.umask(mask)


def _mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_heeds_the_umask(tmp_path, no_umask):
    write_text(tmp_path / "a" / "b.json", "ü")
    assert (tmp_path / "a" / "b.json").read_bytes() == "ü".encode()
    assert _mode(tmp_path / "a" / "b.json") == 0o640
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.json"]


def test_a_replaced_file_keeps_its_mode(tmp_path, no_umask):
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(0o604)
    write_text(path, "new")
    assert path.read_text() == "new"
    assert _mode(path) == 0o604


def test_failure_leaves_nothing(tmp_path):
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "folder", tmp_path / ("x" * 300), "/"):
        with pytest.raises(OdapiError, match="cannot be written"):
            write_text(path, "text")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_link_stays_one(tmp_path):
    (tmp_path / "real.txt").write_text("old")
    link = tmp_path / "link.txt"
    link.symlink_to("real.txt")
    write_text(link, "new")
    assert link.is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def contents(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_files_replace_those_of_the_same_name_and_stale_ones_go(tmp_path):
    for name in ("same", "stale", "foreign"):
        (tmp_path / name).write_text("old")
    with staging_folder(tmp_path) as staging:
        (staging / "same").write_text("new")
        (staging / "fresh").write_text("new")
        publish(staging, tmp_path, ["stale", "same", "never was"])
    assert contents(tmp_path) == {"same": "new", "fresh": "new", "foreign": "old"}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OdapiError("no"), ValueError("no")])
def test_failure_leaves_no_trace(tmp_path, error):
    def write(staging):
        (staging / "x").write_text("x")
        raise error

    with pytest.raises(type(error)), staging_folder(tmp_path / "a" / "b") as staging:
        write(staging)
    assert list(tmp_path.iterdir()) == []


def test_disk_full_is_a_clear_error(tmp_path):
    with pytest.raises(OdapiError, match="No space left"), staging_folder(tmp_path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("error_class", [PermissionError, FileNotFoundError])
def test_an_error_about_another_file_passes_unchanged(tmp_path, error_class):
    error = error_class(error_class().errno or errno.EACCES, "no", str(tmp_path / "elsewhere"))
    with pytest.raises(error_class) as caught, staging_folder(tmp_path / "out"):
        raise error
    assert caught.value is error
    assert list(tmp_path.iterdir()) == []


def test_an_error_that_names_no_file_passes_unchanged(tmp_path):
    with pytest.raises(BrokenPipeError), staging_folder(tmp_path):
        raise BrokenPipeError(errno.EPIPE, "no")


def test_disk_full_elsewhere_is_not_the_outputs_fault(tmp_path):
    error = OSError(errno.ENOSPC, "full", str(tmp_path / "cache"))
    with pytest.raises(OSError, match="full"), staging_folder(tmp_path / "out"):
        raise error


def test_an_error_within_the_output_is_a_clear_error(tmp_path, monkeypatch):
    def write(folder):
        (folder / "gone" / "x").write_text("x")

    monkeypatch.chdir(tmp_path)
    with pytest.raises(OdapiError, match="Cannot write to out"), staging_folder(Path("out")) as at:
        write(at)


def test_folders_made_before_one_that_cannot_be_go_again(tmp_path):
    output_dir = tmp_path / "a" / ("x" * 300)
    with pytest.raises(OdapiError, match="Cannot write"), staging_folder(output_dir):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_folder", [True, False])
def test_neither_file_nor_folder_replaces_the_other(tmp_path, is_folder):
    def make(path, as_folder):
        path.mkdir() if as_folder else path.write_text("text")

    make(tmp_path / "x", is_folder)
    (tmp_path / "a").write_text("old")

    def replace(staging):
        make(staging / "x", not is_folder)
        (staging / "a").write_text("new")
        publish(staging, tmp_path)

    with pytest.raises(OdapiError, match="x is a f"), staging_folder(tmp_path) as staging:
        replace(staging)
    assert {path.name for path in tmp_path.iterdir()} == {"a", "x"}
    assert (tmp_path / "x").is_dir() == is_folder
    assert (tmp_path / "a").read_text() == "old"


def test_what_cannot_be_put_back_is_said_where_to_find(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("old")
    rename = Path.rename

    def rename_once(source, target):
        if ".previous-" not in str(target):
            raise OSError(errno.EIO, "broken")
        return rename(source, target)

    def replace(staging):
        (staging / "a").write_text("new")
        monkeypatch.setattr(Path, "rename", rename_once)
        publish(staging, tmp_path)

    with pytest.raises(OdapiError) as caught, staging_folder(tmp_path) as staging:
        replace(staging)
    (previous,) = tmp_path.glob(".previous-*")
    assert str(previous) in caught.value.hint
    assert contents(previous) == {"a": "old"}


def test_output_that_is_a_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OdapiError, match="Cannot write"), staging_folder(tmp_path / "file"):
        pass


@pytest.mark.parametrize("failing_call", [2, 3, 4])
def test_failure_while_moving_puts_all_back(tmp_path, monkeypatch, failing_call):
    for name in ("a", "b"):
        (tmp_path / name).write_text("old")
    rename, num_calls = Path.rename, 0

    def rename_or_fail(source, target):
        nonlocal num_calls
        num_calls += 1
        if num_calls == failing_call:
            raise KeyboardInterrupt
        return rename(source, target)

    def replace_both(staging):
        for name in ("a", "b"):
            (staging / name).write_text("new")
        monkeypatch.setattr(Path, "rename", rename_or_fail)
        publish(staging, tmp_path)

    with pytest.raises(KeyboardInterrupt), staging_folder(tmp_path) as staging:
        replace_both(staging)
    assert num_calls > failing_call  # It has put back what it had moved.
    assert contents(tmp_path) == {"a": "old", "b": "old"}
