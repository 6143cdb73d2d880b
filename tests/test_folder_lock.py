"""Locks on folders, held by processes."""

import errno
import fcntl
import os
import signal
import socket
from pathlib import Path

import pytest

from odapi_ssd import folder_lock
from odapi_ssd.errors import OdapiError
from odapi_ssd.folder_lock import locked_folder
from tests.support.interrupted_process import end_with, start_python

_NAME = ".lock"
_HOLD = (
    "import sys, time; from pathlib import Path\n"
    "from odapi_ssd.folder_lock import locked_folder\n"
    f"with locked_folder(Path(sys.argv[1]), {_NAME!r}):\n"
    "    print('ready', flush=True); time.sleep(60)\n"
)


def _is_free(folder):
    with locked_folder(folder, _NAME) as is_locked:
        return is_locked


def test_it_leaves_nothing(tmp_path):
    with locked_folder(tmp_path, _NAME) as is_locked:
        assert is_locked
        assert [path.name for path in tmp_path.iterdir()] == [_NAME]
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="no"), locked_folder(tmp_path, _NAME):
        raise ValueError("no")
    assert list(tmp_path.iterdir()) == []


def test_another_process_is_named(tmp_path):
    process = start_python(_HOLD, tmp_path)
    with pytest.raises(OdapiError) as caught, locked_folder(tmp_path, _NAME):
        pass
    assert f"process {process.pid} on {socket.gethostname()}" in caught.value.problem
    assert str(tmp_path) in caught.value.problem
    assert process.poll() is None
    end_with(process, signal.SIGINT)
    assert _is_free(tmp_path)


def test_a_killed_process_leaves_no_lock(tmp_path):
    end_with(start_python(_HOLD, tmp_path), signal.SIGKILL)
    assert (tmp_path / _NAME).exists()
    assert _is_free(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_dead_process_is_not_named_by_who_has_not_said_yet_who_it_is(tmp_path, monkeypatch):
    end_with(start_python(_HOLD, tmp_path), signal.SIGKILL)
    refusals = []

    def ask_at_once(folder):
        with pytest.raises(OdapiError) as caught, locked_folder(folder, _NAME):
            pass
        refusals.append(caught.value.problem)
        return ""

    monkeypatch.setattr(folder_lock, "_unshared_locks", ask_at_once)  # before the holder is written
    assert _is_free(tmp_path)
    assert refusals == [f"Another process writes to {tmp_path}: it has not said which yet."]


def test_the_same_process_cannot_hold_it_twice(tmp_path):
    with (
        locked_folder(tmp_path, _NAME),
        pytest.raises(OdapiError, match=f"process {os.getpid()} "),
        locked_folder(tmp_path, _NAME),
    ):
        pass


def test_other_names_and_folders_are_free(tmp_path):
    (tmp_path / "other").mkdir()
    with locked_folder(tmp_path, _NAME), locked_folder(tmp_path, ".b"):
        assert _is_free(tmp_path / "other")


def test_a_lock_file_with_strange_content_is_no_lock_but_a_held_one_is(tmp_path):
    (tmp_path / _NAME).write_bytes(b"\xff\x00")
    assert _is_free(tmp_path)
    with locked_folder(tmp_path, _NAME):
        (tmp_path / _NAME).write_bytes(b"\xff\x00")
        with (
            pytest.raises(OdapiError, match="Another process writes"),
            locked_folder(tmp_path, _NAME),
        ):
            pass


def test_one_removed_by_its_holder_meanwhile_is_made_again(tmp_path, monkeypatch):
    """The file that was opened is gone when it is locked: the lock would be nobody's."""
    flock, path = fcntl.flock, tmp_path / _NAME
    calls = []

    def remove_first(descriptor, operation):
        if not calls:
            path.unlink()
        calls.append(operation)
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", remove_first)
    with locked_folder(tmp_path, _NAME) as is_locked:
        assert is_locked
        assert path.exists()
    assert len(calls) == 2


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_said(tmp_path, monkeypatch, number):
    def refuse(descriptor, operation):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    warnings = []
    with locked_folder(tmp_path, _NAME, warnings.append) as is_locked:
        assert not is_locked
    assert "file system without locks" in warnings[0]
    assert list(tmp_path.iterdir()) == []


def test_a_system_without_locks_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_lock, "fcntl", None)
    warnings = []
    with locked_folder(tmp_path, _NAME, warnings.append) as is_locked:
        assert not is_locked
    assert len(warnings) == 1


@pytest.mark.parametrize(
    ("mount", "kind"),
    [
        ("ext4 /dev/sda rw", ""),
        ("fuse.gcsfuse bucket rw", "fuse.gcsfuse"),
        ("fuseblk /dev/sdb rw", ""),
        ("nfs4 server:/a rw,vers=4.2,local_lock=none", ""),
        ("nfs server:/a rw,vers=3,local_lock=all", "nfs"),
        ("nfs server:/a rw,nolock", "nfs"),
        ("cifs //server/a rw", ""),
        ("9p share rw", "9p"),
    ],
)
def test_locks_that_other_machines_do_not_see_are_said(tmp_path, monkeypatch, mount, kind):
    mounts = tmp_path / "mountinfo"
    folder = tmp_path / "with space" / "run"
    folder.mkdir(parents=True)
    point = str(tmp_path.resolve() / "with space").replace(" ", "\\040")
    mounts.write_text(
        f"1 0 8:1 / / rw - ext4 /dev/sda rw\n\n2 1 8:2 / {point} rw shared:1 - {mount}\n"
        f"3 1 8:3 / {point}/runner rw - fuse.other x rw\n"
    )
    monkeypatch.setattr(folder_lock, "_MOUNTS", mounts)
    warnings = []
    with locked_folder(folder, _NAME, warnings.append) as is_locked:
        assert is_locked
    assert [f"({kind})" in text for text in warnings] == ([True] if kind else [])


def test_a_system_that_does_not_list_its_mounts_passes(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_lock, "_MOUNTS", Path("/none"))
    assert _is_free(tmp_path)


def test_a_folder_that_cannot_be_written_is_the_file_systems_error(tmp_path):
    with pytest.raises(OSError, match="No such file"), locked_folder(tmp_path / "none", _NAME):
        pass
