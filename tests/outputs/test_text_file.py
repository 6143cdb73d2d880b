import json
import os
import signal
import stat
import time

import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.outputs.text_file import (
    is_marked,
    require_replaceable,
    write_marked_text,
    write_text,
)
from tests.support.interrupted_process import end_with, start_python


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


class TestWriting:
    def test_a_new_file_heeds_the_umask(self, tmp_path, no_umask):
        write_text(tmp_path / "a" / "b.json", "ü")
        assert (tmp_path / "a" / "b.json").read_bytes() == "ü".encode()
        assert _mode(tmp_path / "a" / "b.json") == 0o640
        assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.json"]

    def test_a_replaced_file_keeps_its_mode(self, tmp_path, no_umask):
        path = tmp_path / "a"
        path.write_text("old")
        path.chmod(0o604)
        write_text(path, "new")
        assert path.read_text() == "new"
        assert _mode(path) == 0o604

    def test_failure_leaves_nothing(self, tmp_path):
        (tmp_path / "folder").mkdir()
        for path in (tmp_path / "folder", tmp_path / ("x" * 300), "/"):
            with pytest.raises(OdapiError, match="cannot be written"):
                write_text(path, "text")
        assert [path.name for path in tmp_path.iterdir()] == ["folder"]

    def test_a_link_stays_one(self, tmp_path):
        (tmp_path / "real.txt").write_text("old")
        link = tmp_path / "link.txt"
        link.symlink_to("real.txt")
        write_text(link, "new")
        assert link.is_symlink()
        assert (tmp_path / "real.txt").read_text() == "new"

    @pytest.mark.parametrize("name", ["x" * 255, "\u6587" * 85])
    def test_the_longest_name_that_a_file_system_takes(self, tmp_path, name):
        write_text(tmp_path / name, "text")
        assert [path.name for path in tmp_path.iterdir()] == [name]

    def test_failure_leaves_no_folders(self, tmp_path):
        with pytest.raises(OdapiError, match="cannot be written"):
            write_text(tmp_path / "a" / "b" / ("x" * 300), "text")
        assert list(tmp_path.iterdir()) == []

    def test_a_name_that_is_not_unicode_passes_through_json(self, tmp_path):
        name = b"caf\xe9 \xc3\xbc".decode("utf-8", "surrogateescape")
        write_text(tmp_path / "a.json", json.dumps([name], ensure_ascii=False))
        (read,) = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
        assert os.fsencode(read) == b"caf\xe9 \xc3\xbc"


class TestLeftovers:
    """Of a process that is killed just before it gives the file its name."""

    @pytest.fixture
    def left(self, tmp_path):
        code = (
            "import os, sys, time\n"
            "from odapi_ssd.outputs.text_file import write_text\n"
            "def wait(*paths): print('ready', flush=True); time.sleep(60)\n"
            "os.replace = wait\n"
            "write_text(sys.argv[1], 'text')\n"
        )
        end_with(start_python(code, tmp_path / "a.config"), signal.SIGKILL)
        (path,) = tmp_path.iterdir()
        assert path.read_text() == "text"
        return path

    def _grow_old(self, path):
        os.utime(path, (time.time() - 120,) * 2)

    def _names_after_another(self, folder):
        write_text(folder / "b", "other")
        return {path.name for path in folder.iterdir()} - {"b"}

    @pytest.mark.parametrize("content", ["text", ""])
    def test_it_is_cleared_by_a_later_one(self, left, tmp_path, content):
        left.write_text(content)
        self._grow_old(left)
        assert self._names_after_another(tmp_path) == set()

    def test_one_that_may_be_a_living_process_s_stays(self, left, tmp_path):
        assert self._names_after_another(tmp_path) == {left.name}

    def test_an_edited_one_stays(self, left, tmp_path):
        left.write_text("texts")
        self._grow_old(left)
        assert self._names_after_another(tmp_path) == {left.name}

    @pytest.mark.parametrize("name", [".odapi-ssd-0123456789abcdef", ".odapi-ssd-mine", "{}.txt"])
    def test_other_names_stay(self, left, tmp_path, name):
        other = left.rename(tmp_path / name.format(left.name))
        self._grow_old(other)
        assert self._names_after_another(tmp_path) == {other.name}

    def test_links_and_folders_stay(self, left, tmp_path):
        kept = left.rename(tmp_path / "kept")
        left.symlink_to(kept.name)
        folder = tmp_path / f"{left.name[:-1]}g".replace("g", "0" if left.name[-1] != "0" else "1")
        folder.mkdir()
        for path in (kept, folder):
            self._grow_old(path)
        os.utime(left, (time.time() - 120,) * 2, follow_symlinks=False)
        assert self._names_after_another(tmp_path) == {"kept", left.name, folder.name}


class TestMarks:
    def test_text_that_is_not_unicode_has_the_mark_of_what_is_written(self, tmp_path):
        path = tmp_path / os.fsdecode(b"\xff.config")
        write_marked_text(path, f"# {path.name}\n", "configure")
        assert path.read_bytes().endswith(b"\n# \\udcff.config\n")
        assert is_marked(path, "configure")

    def test_a_marked_file_can_be_written_again(self, tmp_path):
        path = tmp_path / "a.config"
        write_marked_text(path, "text: 1\n", "configure")
        write_marked_text(path, "text: 2\n", "configure")
        mark, *lines = path.read_text().splitlines()
        assert mark.startswith("# Written by odapi-ssd configure, ")
        assert lines == ["text: 2"]

    @pytest.mark.parametrize(
        "change",
        [
            lambda text: text + "\n",
            lambda text: text.replace("1", "2"),
            lambda text: text.replace("configure", "label-map", 1),
            lambda text: text.split("\n", 1)[1],
            lambda text: "\n" + text,
            lambda text: "item { }",
        ],
    )
    def test_an_edited_file_or_another_one_is_refused(self, tmp_path, change):
        path = tmp_path / "a.config"
        write_marked_text(path, "text: 1\n", "configure")
        path.write_text(change(path.read_text()))
        before = path.read_bytes()
        with pytest.raises(OdapiError, match="did not write it") as caught:
            write_marked_text(path, "text: 3\n", "configure")
        assert "--overwrite" in caught.value.hint
        assert path.read_bytes() == before
        write_marked_text(path, "text: 3\n", "configure", overwrite=True)
        assert is_marked(path, "configure")

    def test_an_empty_file_may_be_replaced(self, tmp_path):
        (tmp_path / "a").touch()
        write_marked_text(tmp_path / "a", "text", "configure")
        assert (tmp_path / "a").read_text().endswith("\ntext")

    def test_binary_content_and_unreadable_files_are_not_marked(self, tmp_path):
        (tmp_path / "a").write_bytes(b"\xff\x00")
        assert not is_marked(tmp_path / "a", "configure")
        assert not is_marked(tmp_path, "configure")

    def test_a_dangling_link_is_in_the_way(self, tmp_path):
        (tmp_path / "a").symlink_to("nowhere")
        with pytest.raises(OdapiError, match="did not write it"):
            require_replaceable(tmp_path / "a", "configure")

    def test_a_folder_is_refused_even_with_overwrite(self, tmp_path):
        with pytest.raises(OdapiError, match="is a folder"):
            require_replaceable(tmp_path, "configure", overwrite=True)
