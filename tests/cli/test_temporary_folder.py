"""The temporary folder of a command, also after it was killed."""

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from odapi_ssd.cli.temporary_folder import private_temporary_folder
from tests.support.interrupted_process import end_with, start_python

_LOCK_NAME = ".odapi-ssd-temporary.lock"
_MARK_NAME = ".odapi-ssd-temporary"
_WORK = (
    "import tempfile, time\n"
    "from odapi_ssd.cli.temporary_folder import private_temporary_folder\n"
    "with private_temporary_folder():\n"
    "    tempfile.NamedTemporaryFile(delete=False)\n"
    "    print('ready', flush=True); time.sleep(60)\n"
)


@pytest.fixture
def parent(tmp_path, monkeypatch):
    """The system's temporary folder, for this process and those it starts."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def _grow_old(parent):
    (folder,) = parent.iterdir()
    os.utime(folder, (time.time() - 120,) * 2)
    return folder


def test_files_go_there_and_away(parent):
    with private_temporary_folder():
        with tempfile.NamedTemporaryFile(delete=False) as file:
            assert Path(file.name).parent.parent == parent
        assert os.environ["TMPDIR"] == str(Path(file.name).parent)
    assert list(parent.iterdir()) == []
    assert os.environ["TMPDIR"] == str(parent) == tempfile.gettempdir()


@pytest.mark.parametrize("given", [None, "elsewhere"])
def test_matplotlib_s_files_go_there_unless_the_user_says_where(parent, monkeypatch, given):
    monkeypatch.delenv("MPLCONFIGDIR", raising=False)
    if given is not None:
        monkeypatch.setenv("MPLCONFIGDIR", given)
    with private_temporary_folder():
        inside = os.environ["MPLCONFIGDIR"]
    assert inside == given or Path(inside).parent.parent == parent
    assert os.environ.get("MPLCONFIGDIR") == given


def test_without_a_place_for_it_nothing_changes(parent, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(parent / "none"))
    with private_temporary_folder():
        assert tempfile.gettempdir() == str(parent / "none")


def test_what_a_killed_command_left_is_removed_by_a_later_one(parent):
    end_with(start_python(_WORK), signal.SIGKILL)
    _grow_old(parent)
    with private_temporary_folder():
        assert len(list(parent.iterdir())) == 1
    assert list(parent.iterdir()) == []


def test_that_of_a_living_command_stays(parent):
    process = start_python(_WORK)
    folder = _grow_old(parent)
    with private_temporary_folder():
        pass
    assert len(list(folder.iterdir())) == 3
    end_with(process, signal.SIGKILL)


@pytest.mark.parametrize("name", ["odapi-ssd-work", "odapi-ssd-my_files", "odapi-ssd-datasets"])
def test_others_folders_of_that_name_stay(parent, name):
    (parent / name).mkdir()
    for file_name in (".lock", _LOCK_NAME, "photo.jpg"):
        (parent / name / file_name).write_text("{}")
    _grow_old(parent)
    with private_temporary_folder():
        pass
    assert (parent / name / "photo.jpg").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / _MARK_NAME).write_text("mine"),
        lambda folder: folder.rename(folder.parent / "odapi-ssd-kept"),
        lambda folder: folder.rename(folder.parent / "odapi-ssd-kept-for-later"),
        lambda folder: (
            folder.rename(folder.parent / "kept"),
            (folder.parent / "odapi-ssd-linklink").symlink_to("kept"),
        ),
    ],
)
def test_what_is_no_longer_as_a_command_left_it_stays(parent, change):
    end_with(start_python(_WORK), signal.SIGKILL)
    change(_grow_old(parent))
    for folder in parent.iterdir():
        os.utime(folder, (time.time() - 120,) * 2)
    before = sorted(parent.rglob("*"))
    with private_temporary_folder():
        pass
    assert sorted(parent.rglob("*")) == before


def test_one_whose_removal_was_cut_off_is_removed(parent):
    """Its lock has gone, as have some of its files."""
    end_with(start_python(_WORK), signal.SIGKILL)
    (folder,) = parent.iterdir()
    (folder / _LOCK_NAME).unlink()
    _grow_old(parent)
    with private_temporary_folder():
        pass
    assert list(parent.iterdir()) == []


def test_the_mark_is_the_last_file_to_go(parent, monkeypatch):
    """Whenever a removal is cut off, a later one finds the folder."""
    last = []

    def look(folder, ignore_errors):
        last.append([path.name for path in folder.iterdir()])
        rmtree(folder, ignore_errors=ignore_errors)

    rmtree = shutil.rmtree
    with private_temporary_folder():
        for number in range(5):
            (Path(tempfile.gettempdir()) / str(number)).touch()
        monkeypatch.setattr(shutil, "rmtree", look)
    assert last == [[_MARK_NAME]]
    assert list(parent.iterdir()) == []


def test_a_signal_while_it_is_removed_waits(parent):
    """It comes while the folder's files go, of which there are many."""
    code = (
        "import tempfile; from pathlib import Path\n"
        "from odapi_ssd.cli.temporary_folder import private_temporary_folder\n"
        "from odapi_ssd.interrupts import ended_by_signals\n"
        "with ended_by_signals(), private_temporary_folder():\n"
        "    for number in range(5000):\n"
        "        (Path(tempfile.gettempdir()) / str(number)).touch()\n"
        "    print('ready', flush=True)\n"
    )
    process = start_python(code)
    (folder,) = parent.iterdir()
    while all((folder / str(number)).exists() for number in range(0, 5000, 100)):
        pass
    end_with(process, signal.SIGTERM)
    assert list(parent.iterdir()) == []


def test_a_full_disk_there_breaks_no_command(parent):
    """A folder can be made, but no file can be written."""
    code = (
        "import resource, sys, tempfile\n"
        "from odapi_ssd.cli import main\n"
        "tempfile.gettempdir()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "sys.argv = ['odapi-ssd', 'templates']\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Templates")
    assert list(parent.iterdir()) == []


def test_a_lock_that_fails_leaves_all_as_it_is(parent, monkeypatch):
    def fail(descriptor, operation):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(fcntl, "flock", fail)
    with private_temporary_folder():
        assert list(parent.iterdir()) == []
        assert tempfile.gettempdir() == str(parent)
