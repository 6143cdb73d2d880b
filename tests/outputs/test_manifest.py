import hashlib
import json
import os
import time

import pytest

from odapi_ssd.outputs.manifest import (
    MANIFEST_NAME,
    FileEntry,
    Manifest,
    entry_of,
    files_below,
)


@pytest.fixture
def folder(tmp_path):
    """Two files of `convert` and one of `detect`, in a manifest."""
    (tmp_path / "sub" / "deep").mkdir(parents=True)
    entries = {}
    for name, command in (("a", "convert"), ("sub/deep/b", "convert"), ("c", "detect")):
        (tmp_path / name).write_text(name)
        entries[name] = entry_of(tmp_path / name, command)
    Manifest(entries).save(tmp_path)
    return tmp_path


def _foreign(folder, name, command="convert"):
    paths = Manifest.load(folder).foreign_files(folder, name, command)
    return [path.relative_to(folder).as_posix() for path in paths]


def test_an_entry_is_size_and_digest(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    digest = hashlib.sha256(b"abc").hexdigest()
    assert entry_of(tmp_path / "a", "x") == FileEntry("x", 3, digest)


def test_unchanged_files_are_own(folder):
    assert _foreign(folder, "a") == _foreign(folder, "sub") == []
    assert Manifest.load(folder).names_of("convert") == ["a", "sub"]


def test_a_name_that_is_free_is_nobodys(folder):
    assert _foreign(folder, "none") == []


def test_an_edited_file_is_foreign_even_of_the_same_size(folder):
    (folder / "sub/deep/b").write_text("SUB/DEEP/B")
    assert _foreign(folder, "sub") == ["sub/deep/b"]


def test_a_file_that_was_added_to_a_folder_is_foreign(folder):
    (folder / "sub" / "notes.txt").write_text("")
    assert _foreign(folder, "sub") == ["sub/notes.txt"]


def test_another_commands_file_is_foreign(folder):
    assert _foreign(folder, "c") == ["c"]
    assert _foreign(folder, "c", command=None) == []


def test_a_link_to_the_same_content_is_foreign(folder):
    (folder / "a").rename(folder / "d")
    (folder / "a").symlink_to("d")
    assert _foreign(folder, "a") == ["a"]


def test_a_link_to_a_folder_is_foreign_and_not_followed(folder):
    (folder / "sub").rename(folder / "other")
    (folder / "sub").symlink_to("other")
    assert _foreign(folder, "sub") == ["sub"]


def test_a_folder_in_place_of_a_file_is_foreign(folder):
    (folder / "a").unlink()
    (folder / "a").mkdir()
    (folder / "a" / "x").write_text("a")
    assert _foreign(folder, "a") == ["a/x"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"files": []}', '{"files": {"a": {}}}', '{"files": {"a": 1}}', "\x00"],
)
def test_a_damaged_manifest_owns_nothing(folder, text):
    (folder / MANIFEST_NAME).write_text(text)
    assert _foreign(folder, "a") == ["a"]


def test_a_missing_manifest_owns_nothing(folder):
    (folder / MANIFEST_NAME).unlink()
    assert _foreign(folder, "a") == ["a"]


def test_it_says_what_it_is(folder):
    content = json.loads((folder / MANIFEST_NAME).read_text())
    assert "odapi-ssd" in content["about"]
    assert content["files"]["a"] == {
        "command": "convert",
        "size": 1,
        "sha256": hashlib.sha256(b"a").hexdigest(),
    }


def test_names_that_are_not_unicode_pass(tmp_path):
    name = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    (tmp_path / name).write_text("x")
    Manifest({name: entry_of(tmp_path / name, "detect")}).save(tmp_path)
    assert Manifest.load(tmp_path).foreign_files(tmp_path, name, "detect") == []


def test_changes_replace_what_is_below_a_name(folder):
    entry = FileEntry("convert", 1, "00")
    changed = Manifest.load(folder).changed(["sub", "a"], {"sub/new": entry})
    assert set(changed.files) == {"c", "sub/new"}


def test_files_below_a_name(folder):
    (folder / "empty").mkdir()
    (folder / "dangling").symlink_to("nowhere")

    def names(name):
        return [path.relative_to(folder).as_posix() for path in files_below(folder / name)]

    assert names("sub") == ["sub/deep/b"]
    assert names("a") == ["a"]
    assert names("empty") == names("none") == []
    assert names("dangling") == ["dangling"]


@pytest.mark.parametrize("number", ["1e400", "[" * 100_000])
def test_strange_json_owns_nothing(folder, number):
    entry = f'{{"command": "convert", "size": {number}, "sha256": ""}}'
    (folder / MANIFEST_NAME).write_text(f'{{"files": {{"a": {entry}}}}}')
    assert Manifest.load(folder) == Manifest()


@pytest.mark.parametrize("name", ["../a", "sub/../../a", "/a", "", "./a", "sub//a", "a\0"])
def test_it_owns_nothing_outside_of_its_folder(folder, name):
    """A manifest may come with a stranger's folder, and what it owns may be removed."""
    Manifest({name: entry_of(folder / "a", "convert")}).save(folder / "sub")
    assert Manifest.load(folder / "sub") == Manifest()


class TestNewerThanItsFiles:
    """Files whose times of change cannot be set back, so that each change is waited for."""

    @pytest.fixture
    def published(self, folder):
        time.sleep(0.02)
        Manifest.load(folder).save(folder)
        time.sleep(0.02)
        return folder

    def is_newer(self, folder):
        return Manifest.load(folder).is_newer_than_files(folder, "convert")

    def test_as_written(self, published):
        assert self.is_newer(published)

    def test_files_of_other_commands_do_not_count(self, published):
        (published / "c").write_text("other")
        assert self.is_newer(published)

    def test_the_same_content_again(self, published):
        (published / "a").write_text("a")
        os.utime(published / "a", (0, 0))
        assert not self.is_newer(published)

    def test_a_missing_file(self, published):
        (published / "a").unlink()
        assert not self.is_newer(published)

    def test_a_link(self, published):
        (published / "a").rename(published / "d")
        (published / "a").symlink_to("d")
        assert not self.is_newer(published)


@pytest.mark.parametrize("value", [None, "ab12"])
def test_the_digest_of_the_input_is_kept(tmp_path, value):
    Manifest({}, value).save(tmp_path)
    assert Manifest.load(tmp_path) == Manifest({}, value)


def test_a_change_forgets_the_digest_of_the_input():
    manifest = Manifest({}, "ab12")
    assert manifest.changed([], {}).input_digest is None
    assert manifest.changed([], {}, "34").input_digest == "34"


def test_a_digest_that_is_no_text_is_none(tmp_path):
    (tmp_path / MANIFEST_NAME).write_text('{"files": {}, "input": 5}')
    assert Manifest.load(tmp_path) == Manifest()
