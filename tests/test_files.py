import os
import stat

import pytest

from odapi_ssd import files
from odapi_ssd.errors import OdapiError
from odapi_ssd.files import write_text


@pytest.fixture
def no_umask(monkeypatch):
    """Writing must never set the process's umask, which belongs to all of its threads."""
    mask = os.umask(0o027)
    monkeypatch.setattr(files.os, "umask", lambda _: pytest.fail("the umask was set"))
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
