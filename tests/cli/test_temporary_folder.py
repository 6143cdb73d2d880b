"""The temporary folder of a command, also after it was killed."""

import os
import signal
import tempfile
import time
from pathlib import Path

import pytest

from odapi_ssd.cli.temporary_folder import private_temporary_folder
from tests.support.interrupted_process import end_with, start_python

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
    assert len(list(folder.iterdir())) == 2
    end_with(process, signal.SIGKILL)


def test_others_folders_of_that_name_stay(parent):
    (parent / "odapi-ssd-mine").mkdir()
    (parent / "real").mkdir()
    (parent / "real" / ".lock").touch()
    (parent / "odapi-ssd-link").symlink_to("real")
    for name in ("odapi-ssd-mine", "real"):
        os.utime(parent / name, (time.time() - 120,) * 2)
    with private_temporary_folder():
        pass
    assert {path.name for path in parent.iterdir()} == {"odapi-ssd-mine", "real", "odapi-ssd-link"}
