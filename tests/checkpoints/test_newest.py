"""Which checkpoint of a folder is taken, and what is said about it."""

import shutil

import pytest

from odapi_ssd.checkpoints.newest import NewestCheckpoint, holds_traces, newest_complete
from odapi_ssd.errors import OdapiError
from tests.support.saved_checkpoints import data_file, flip_bit, index_file, truncate, write_run

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


@pytest.fixture
def run(tmp_path):
    """A folder with ckpt-1 to ckpt-3."""
    write_run(tmp_path)
    return tmp_path


def _name(folder, named):
    (folder / "checkpoint").write_text(f'model_checkpoint_path: "{named}"')


class TestNoCheckpoint:
    def test_no_folder_or_an_empty_one(self, tmp_path):
        assert newest_complete(tmp_path) is None
        assert newest_complete(tmp_path / "none") is None
        assert not holds_traces(tmp_path)

    def test_an_export_has_its_checkpoint_in_a_folder_of_that_name(self, tmp_path):
        write_run(tmp_path / "checkpoint", 1)
        assert newest_complete(tmp_path) is None

    @pytest.mark.parametrize("suffix", [".index", ".data-00000-of-00001"])
    def test_traces_alone_are_an_error(self, run, suffix):
        for path in run.glob(f"*{suffix}"):
            path.unlink()
        assert holds_traces(run)
        with pytest.raises(OdapiError) as caught:
            newest_complete(run)
        assert caught.value.problem == f"{run} holds no complete checkpoint, but traces of one:"
        for number, detail in zip((3, 2, 1), caught.value.details, strict=True):
            assert f"ckpt-{number}{suffix}: missing" in detail
        assert "for a new run, give another folder" in caught.value.hint

    @pytest.mark.parametrize("content", [b"", b"\xff", b'model_checkpoint_path: "ckpt-3"'])
    def test_a_state_file_alone_is_a_trace(self, tmp_path, content):
        (tmp_path / "checkpoint").write_bytes(content)
        assert holds_traces(tmp_path)
        with pytest.raises(OdapiError, match="no complete checkpoint, but traces"):
            newest_complete(tmp_path)


class TestTheNamedOne:
    def test_is_taken(self, run):
        assert newest_complete(run) == NewestCheckpoint(f"{run}/ckpt-3", None)

    def test_is_taken_with_a_note_if_a_newer_one_is_there(self, run):
        _name(run, "ckpt-2")
        newest = newest_complete(run)
        assert newest.prefix == f"{run}/ckpt-2"
        assert (
            newest.note
            == f"{run}/checkpoint names ckpt-2, which is taken, although ckpt-3 is newer."
        )

    def test_of_a_folder_that_was_moved(self, run):
        _name(run, "/gone/ckpt-3")
        newest = newest_complete(run)
        assert newest.prefix == f"{run}/ckpt-3"
        assert "names /gone/ckpt-3, elsewhere" in newest.note

    def test_by_its_own_absolute_path(self, run):
        _name(run, f"{run}/ckpt-3")
        assert newest_complete(run).note is None

    def test_elsewhere(self, run, tmp_path_factory):
        """As TensorFlow takes it."""
        folder = tmp_path_factory.mktemp("pointer")
        _name(folder, f"{run}/ckpt-2")
        assert newest_complete(folder).prefix == f"{run}/ckpt-2"


class TestByLooking:
    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (None, "holds no file `checkpoint`"),
            (b"", "checkpoint is empty"),
            (bytes(range(256)), "checkpoint is damaged (not UTF-8 text)"),
            (b'model_checkpoint_path: "ckpt-', "checkpoint is damaged"),
            (b'model_checkpoint_path: "ckpt-9"', "names ckpt-9, which is not there"),
        ],
    )
    def test_without_a_useful_state_file(self, run, content, reason):
        (run / "checkpoint").unlink()
        if content is not None:
            (run / "checkpoint").write_bytes(content)
        newest = newest_complete(run)
        assert newest.prefix == f"{run}/ckpt-3"
        assert reason in newest.note
        assert newest.note.endswith(": ckpt-3, the newest complete one, is taken.")

    def test_one_that_lacks_its_index_is_passed_over(self, run):
        (run / "ckpt-3.index").unlink()
        newest = newest_complete(run)
        assert newest.prefix == f"{run}/ckpt-2"
        assert newest.note == (
            f"{run}/checkpoint names ckpt-3, which cannot be used (ckpt-3.index: missing): "
            "ckpt-2, the newest complete one, is taken."
        )

    def test_files_copied_without_the_state_file_and_one_index(self, run, tmp_path_factory):
        copy = tmp_path_factory.mktemp("copy")
        for path in run.glob("ckpt-*"):
            shutil.copy(path, copy)
        (copy / "ckpt-3.index").unlink()
        newest = newest_complete(copy)
        assert newest.prefix == f"{copy}/ckpt-2"
        assert newest.note.startswith(f"{copy} holds no file `checkpoint`; ckpt-3 cannot be used")


class TestDamage:
    @pytest.fixture
    def truncated(self, run):
        truncate(data_file(f"{run}/ckpt-3"), 1_000)
        return run

    def test_is_an_error(self, truncated):
        with pytest.raises(OdapiError) as caught:
            newest_complete(truncated, go_on_with="--checkpoint_dir")
        assert "ckpt-3.data-00000-of-00001: truncated (1,000 of " in caught.value.details[0]
        assert caught.value.hint.endswith(f"--checkpoint_dir {truncated}/ckpt-2")

    def test_is_passed_over_where_that_is_asked_for(self, truncated):
        newest = newest_complete(truncated, pass_over_damaged=True)
        assert newest.prefix == f"{truncated}/ckpt-2"
        assert "truncated (1,000 of " in newest.note

    def test_that_only_reading_shows_is_passed_over_too(self, run):
        flip_bit(data_file(f"{run}/ckpt-3"), 300)
        assert newest_complete(run, pass_over_damaged=True).prefix == f"{run}/ckpt-2"
        assert newest_complete(run).prefix == f"{run}/ckpt-3"

    def test_of_all_is_an_error(self, run):
        for number in (1, 2, 3):
            index_file(f"{run}/ckpt-{number}").write_bytes(b"")
        with pytest.raises(OdapiError, match="no complete checkpoint") as caught:
            newest_complete(run, pass_over_damaged=True)
        assert len(caught.value.details) == 3
