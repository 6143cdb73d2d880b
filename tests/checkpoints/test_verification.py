"""Checkpoints read whole: what is wrong with damaged ones, and the one to go on from."""

import pytest

from odapi_ssd.checkpoints.verification import verify_checkpoint
from odapi_ssd.errors import OdapiError
from tests.support.saved_checkpoints import data_file, flip_bit, index_file, truncate, write_run

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


@pytest.fixture
def run(tmp_path):
    """The prefixes of three checkpoints."""
    return write_run(tmp_path)


def _error(prefix, go_on_with=""):
    with pytest.raises(OdapiError) as caught:
        verify_checkpoint(prefix, go_on_with)
    return caught.value


class TestVerifyCheckpoint:
    def test_a_good_one(self, run):
        for prefix in run:
            verify_checkpoint(prefix)

    def test_none_at_all(self, tmp_path):
        assert _error(f"{tmp_path}/ckpt-1").problem.startswith("There is no checkpoint")

    def test_every_bit_of_the_data_counts(self, run):
        size = data_file(run[2]).stat().st_size
        for position in range(0, size, 997):
            flip_bit(data_file(run[2]), position)
            assert "ckpt-3.data-00000-of-00001: " in _error(run[2]).details[0]
            flip_bit(data_file(run[2]), position)
        verify_checkpoint(run[2])

    def test_its_words_are_none_of_tensorflow_s(self, run):
        truncate(data_file(run[2]), 4_000)
        text = str(_error(run[2]))
        assert "truncated (4,000 of " in text
        for raw in ("sstable", "DataLoss", "Read less", "requested", "{{", "OpError"):
            assert raw not in text

    def test_what_is_missing(self, run):
        index_file(run[2]).unlink()
        assert _error(run[2]).details == ("ckpt-3.index: missing",)


class TestTheOneToGoOnFrom:
    def test_the_newest_before_it(self, run, tmp_path):
        truncate(index_file(run[2]), 60)
        assert _error(run[2], "--checkpoint_dir").hint == (
            f"the newest good one before it in {tmp_path} is ckpt-2; to go on from there: "
            f"--checkpoint_dir {tmp_path}/ckpt-2"
        )

    def test_a_damaged_one_is_passed_over(self, run):
        index_file(run[2]).write_bytes(b"")
        flip_bit(data_file(run[1]), 300)
        assert _error(run[2]).hint.endswith(f"ckpt-1; to go on from there: {run[0]}")

    def test_a_newer_one_if_there_is_none_before(self, run, tmp_path):
        data_file(run[0]).unlink()
        assert _error(run[0]).hint.startswith(f"a good one in {tmp_path} is ckpt-3;")

    def test_none(self, tmp_path):
        (prefix,) = write_run(tmp_path, 1)
        truncate(data_file(prefix), 1)
        assert _error(prefix).hint.startswith(f"{tmp_path} holds no other good one; copy")

    def test_a_folder_with_spaces_is_quoted(self, tmp_path):
        run = write_run(tmp_path / "my run", 2)
        data_file(run[1]).unlink()
        assert _error(run[1]).hint.endswith(f"'{run[0]}'")
