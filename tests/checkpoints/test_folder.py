"""The checkpoints of a folder by their files."""

import os

import pytest

from odapi_ssd.checkpoints.folder import (
    find_checkpoints,
    highest_number,
    holds_files,
    look_at,
    require_no_run,
)
from odapi_ssd.errors import OdapiError
from tests.support.permissions import as_ordinary_user, folder_for_all
from tests.support.saved_checkpoints import (
    data_file,
    index_file,
    truncate,
    write_run,
    write_without_variables,
)


def _touch(folder, *names):
    for name in names:
        (folder / name).touch()


class TestHighestNumber:
    def test_of_any_file(self, tmp_path):
        _touch(tmp_path, "ckpt-2.index", "ckpt-12.data-00000-of-00001", "ckpt-9.index")
        assert highest_number(tmp_path) == 12

    def test_other_names_do_not_count(self, tmp_path):
        _touch(tmp_path, "model.ckpt-1000.index", "ckpt-7", "ckpt-8.txt", "my-ckpt-9.index")
        assert highest_number(tmp_path) == 0

    def test_of_no_folder(self, tmp_path):
        assert highest_number(tmp_path / "none") == 0


def test_a_file_in_the_place_of_the_folder_holds_none(tmp_path):
    _touch(tmp_path, "run")
    assert not holds_files(tmp_path / "run")


def test_one_file_is_enough(tmp_path):
    assert not holds_files(tmp_path)
    _touch(tmp_path, "ckpt-1.data-00001-of-00002")
    assert holds_files(tmp_path)


class TestFindCheckpoints:
    def test_by_number_after_other_names(self, tmp_path):
        _touch(tmp_path, "ckpt-10.index", "ckpt-9.index", "best.index", "checkpoint", "a.config")
        found = find_checkpoints(tmp_path)
        assert [(one.name, one.number) for one in found] == [
            ("best", -1),
            ("ckpt-9", 9),
            ("ckpt-10", 10),
        ]
        assert found[0].prefix == f"{tmp_path}/best"

    def test_names_that_are_not_utf8(self, tmp_path):
        os.close(os.open(os.fsencode(tmp_path) + b"/\xff.index", os.O_CREAT))
        assert [one.name for one in find_checkpoints(tmp_path)] == ["\udcff"]

    def test_without_an_index_the_names_say_how_many_data_files(self, tmp_path):
        _touch(tmp_path, "ckpt-1.data-00001-of-00003")
        (found,) = find_checkpoints(tmp_path)
        assert found.missing == (
            "ckpt-1.index",
            "ckpt-1.data-00000-of-00003",
            "ckpt-1.data-00002-of-00003",
        )
        assert not found.is_complete

    def test_links_to_nowhere_and_folders(self, tmp_path):
        (tmp_path / "ckpt-1.index").mkdir()
        (tmp_path / "ckpt-1.data-00000-of-00001").symlink_to(tmp_path / "gone")
        (found,) = find_checkpoints(tmp_path)
        assert found.faults == [
            "ckpt-1.data-00000-of-00001 (a link to nowhere): missing",
            "ckpt-1.index: it is a folder, not a file",
        ]


@pytest.mark.tf
@pytest.mark.usefixtures("api")
class TestCompleteness:
    def test_all_files_as_long_as_the_index_says(self, tmp_path):
        write_run(tmp_path, 2)
        assert [one.is_complete for one in find_checkpoints(tmp_path)] == [True, True]

    def test_by_prefix(self, tmp_path):
        prefix = write_run(tmp_path, 1)[0]
        assert look_at(prefix).is_complete
        assert look_at(f"{tmp_path}/ckpt-2") is None

    @pytest.mark.parametrize(("num_bytes", "fault"), [(100, "truncated (100"), (0, "empty (0")])
    def test_data_that_ends_early(self, tmp_path, num_bytes, fault):
        prefix = write_run(tmp_path, 1)[0]
        size = data_file(prefix).stat().st_size
        truncate(data_file(prefix), num_bytes)
        (line,) = look_at(prefix).faults
        assert line == f"ckpt-1.data-00000-of-00001: {fault} of {size:,} bytes)"

    def test_an_index_of_something_else(self, tmp_path):
        prefix = write_run(tmp_path, 1)[0]
        index_file(prefix).write_text("<html>")
        assert look_at(prefix).faults == ["ckpt-1.index: not the index of a checkpoint"]


class TestPermissions:
    def test_a_folder_that_may_not_be_read(self):
        with folder_for_all() as folder:
            (folder / "run").mkdir(mode=0)
            with as_ordinary_user(), pytest.raises(OdapiError) as caught:
                find_checkpoints(folder / "run")
            (folder / "run").chmod(0o700)
        assert caught.value.problem == f"The folder {folder}/run cannot be read: no permission."

    def test_files_that_may_not_be_read(self):
        with folder_for_all() as folder:
            write_without_variables(folder, "ckpt-1")
            for path in folder.iterdir():
                path.chmod(0)
            with as_ordinary_user():
                (found,) = find_checkpoints(folder)
        assert found.faults == [
            "ckpt-1.index: no permission",
            "ckpt-1.data-00000-of-00001: no permission",
        ]


class TestNoRun:
    @pytest.mark.parametrize("name", ["checkpoint", "ckpt-3.index", "ckpt-3.data-00000-of-00001"])
    def test_any_file_of_a_run_is_enough(self, tmp_path, name):
        (tmp_path / name).touch()
        with pytest.raises(OdapiError, match=f"--output_dir {tmp_path} holds a training run"):
            require_no_run("output_dir", tmp_path, "give another.")

    def test_exports_and_imported_weights_are_none(self, tmp_path):
        require_no_run("output_dir", tmp_path / "new", "give another.")
        (tmp_path / "checkpoint").mkdir()
        (tmp_path / "checkpoint" / "ckpt-0.index").touch()
        require_no_run("output_dir", tmp_path, "give another.")
