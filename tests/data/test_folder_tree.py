import os

import pytest

from odapi_ssd.data.folder_tree import shallow_files, walk_files
from odapi_ssd.errors import OdapiError


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def listed(root):
    return [(folder, path.name) for folder, path in walk_files(root)]


def test_files_come_with_their_folders(tmp_path):
    touch(tmp_path, "b", "a", "y/z/d", "x/c")
    assert listed(tmp_path) == [("", "a"), ("", "b"), ("x", "c"), ("y/z", "d")]
    assert [path for _, path in walk_files(tmp_path)][2] == tmp_path / "x" / "c"


def test_hidden_files_and_folders_are_left_out(tmp_path):
    touch(tmp_path, ".a", "._b", ".git/c", "x/.d")
    assert listed(tmp_path) == []


def test_links_are_followed_and_circles_end(tmp_path):
    touch(tmp_path / "root", "a", "x/b")
    touch(tmp_path / "elsewhere", "c")
    (tmp_path / "root" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "root" / "x" / "up").symlink_to(tmp_path / "root")
    (tmp_path / "root" / "gone").symlink_to(tmp_path / "nowhere")
    assert listed(tmp_path / "root") == [("", "a"), ("link", "c"), ("x", "b")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_permission_is_named(tmp_path):
    touch(tmp_path, "closed/a")
    (tmp_path / "closed").chmod(0)
    try:
        with pytest.raises(OdapiError, match=r"closed cannot be read: Permission denied"):
            listed(tmp_path)
    finally:
        (tmp_path / "closed").chmod(0o700)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(OdapiError, match=r"gone cannot be read"):
        listed(tmp_path / "gone")


class TestShallowFiles:
    def test_those_above_come_before_those_below(self, tmp_path):
        touch(tmp_path, "b.txt", "A.TXT", "c.xml", "x/a.txt", "x/y/a.txt", "x/y/z/a.txt", ".d.txt")
        found = [path.relative_to(tmp_path).as_posix() for path in shallow_files(tmp_path, ".txt")]
        assert found == ["A.TXT", "b.txt", "x/a.txt", "x/y/a.txt"]
        assert len(list(shallow_files(tmp_path, ".txt", depth=0))) == 2

    def test_a_folder_that_is_not_there(self, tmp_path):
        assert list(shallow_files(tmp_path / "gone", ".txt")) == []
