"""Work folders, and what processes leave that are killed in the middle of moving files."""

import os
import signal
from pathlib import Path

import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.outputs.leftovers import WORK_PREFIX, WorkFolder, clear_leftovers
from odapi_ssd.outputs.manifest import Manifest, entry_of, files_below
from tests.support.interrupted_process import end_with, start_python


def _contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files_below(folder)}


def _prepared(folder):
    """A work folder with new files a, b and n/d in place of old ones a and n/c; s is stale."""
    for name in ("a", "n/c", "s", "foreign"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("old")
    work = WorkFolder.make(folder)
    for name in ("a", "b", "n/d"):
        (work.new / name).parent.mkdir(exist_ok=True)
        (work.new / name).write_text("new")
    added = {
        path.relative_to(work.new).as_posix(): entry_of(path, "x") for path in files_below(work.new)
    }
    return work, Manifest(added)


_OLD = {"a": "old", "n/c": "old", "s": "old", "foreign": "old"}
_NEW = {"a": "new", "b": "new", "n/d": "new", "foreign": "old"}


def test_files_are_swapped(tmp_path):
    work, added = _prepared(tmp_path)
    work.swap(["a", "b", "n"], ["s", "never was"], added)
    work.remove()
    assert _contents(tmp_path) == _NEW


def test_an_unfinished_work_folder_is_removed(tmp_path):
    _prepared(tmp_path)
    clear_leftovers(tmp_path, pytest.fail)
    assert _contents(tmp_path) == _OLD


@pytest.mark.parametrize("num_moves", range(7))
def test_a_failure_at_any_move_puts_everything_back(tmp_path, monkeypatch, num_moves):
    work, added = _prepared(tmp_path)
    rename, moves = Path.rename, []

    def fail_once(source, target):
        if Path(source).name in ("a", "b", "n", "s"):
            if len(moves) == num_moves:
                moves.append("failed")
                raise OSError("no")
            moves.append(source)
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", fail_once)
    if num_moves == 6:  # three old files and three new ones
        work.swap(["a", "b", "n"], ["s"], added)
        assert len(moves) == 6
        return
    with pytest.raises(OSError, match="no"):
        work.swap(["a", "b", "n"], ["s"], added)
    work.remove()
    assert _contents(tmp_path) == _OLD


# Kills itself at the given move of `swap`, as kill -9 from outside cannot be aimed.
_KILLED = """
import os, sys
from pathlib import Path
from tests.outputs.test_leftovers import _prepared
folder, num_moves = Path(sys.argv[1]), int(sys.argv[2])
work, added = _prepared(folder)
rename, moves = Path.rename, []
def killed(source, target):
    if Path(source).name in ("a", "b", "n", "s"):
        if len(moves) == num_moves:
            print("ready", flush=True); os.kill(os.getpid(), 9)
        moves.append(source)
    return rename(source, target)
Path.rename = killed
work.swap(["a", "b", "n"], ["s"], added)
"""


@pytest.mark.parametrize("num_moves", range(6))
def test_a_killed_swap_is_undone_by_the_next_process(tmp_path, num_moves):
    status, _ = end_with(start_python(_KILLED, tmp_path, num_moves), signal.SIGKILL)
    assert status == -signal.SIGKILL
    assert _contents(tmp_path) != _OLD
    clear_leftovers(tmp_path, pytest.fail)
    assert _contents(tmp_path) == _OLD


class TestWhatStays:
    def _killed(self, folder, num_moves=4):
        end_with(start_python(_KILLED, folder, num_moves), signal.SIGKILL)

    def test_a_file_that_was_edited_since(self, tmp_path):
        self._killed(tmp_path)
        (tmp_path / "a").write_text("mine")
        warnings = []
        clear_leftovers(tmp_path, warnings.append)
        assert "a was changed since" in warnings[0]
        assert (tmp_path / "a").read_text() == "mine"
        (work,) = tmp_path.glob(f"{WORK_PREFIX}*")
        assert (work / "old" / "a").read_text() == "old"

    def test_a_file_that_was_made_again_since(self, tmp_path):
        self._killed(tmp_path, num_moves=3)
        (tmp_path / "s").write_text("mine")
        warnings = []
        clear_leftovers(tmp_path, warnings.append)
        assert "s is there again" in warnings[0]
        assert (tmp_path / "s").read_text() == "mine"

    def test_a_folder_with_anything_else_in_it(self, tmp_path):
        work, _ = _prepared(tmp_path)
        (work.path / "notes.txt").write_text("mine")
        clear_leftovers(tmp_path, pytest.fail)
        assert (work.path / "notes.txt").exists()

    def test_files_and_links_of_such_a_name(self, tmp_path):
        (tmp_path / "real").mkdir()
        (tmp_path / f"{WORK_PREFIX}link").symlink_to("real")
        (tmp_path / f"{WORK_PREFIX}file").write_text("mine")
        clear_leftovers(tmp_path, pytest.fail)
        assert len(list(tmp_path.iterdir())) == 3

    def test_a_journal_that_leads_elsewhere_is_not_followed(self, tmp_path):
        folder = tmp_path / "out"
        folder.mkdir()
        (tmp_path / "mine").write_text("mine")
        work = WorkFolder.make(folder)
        (work.path / "publishing.json").write_text('{"names": ["../mine"]}')
        warnings = []
        clear_leftovers(folder, warnings.append)
        assert "is not a file name" in warnings[0]
        assert (tmp_path / "mine").read_text() == "mine"


def test_what_cannot_be_put_back_is_said_and_kept(tmp_path, monkeypatch):
    work, added = _prepared(tmp_path)
    rename = Path.rename

    def fail(source, target):
        if Path(target).parent == tmp_path:
            raise OSError("broken")
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OdapiError, match="could not be restored") as caught:
        work.swap(["a"], [], added)
    assert str(work.old) in caught.value.hint
    work.remove()
    assert (work.old / "a").read_text() == "old"


def test_a_folder_of_dead_processes_only_is_looked_at(tmp_path):
    os.mkdir(tmp_path / ".incomplete-mine")
    clear_leftovers(tmp_path, pytest.fail)
    assert [path.name for path in tmp_path.iterdir()] == [".incomplete-mine"]
