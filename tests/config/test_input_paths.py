import pytest

from odapi_ssd.config.input_paths import (
    MatchedFiles,
    match_input_path,
    open_record_file,
)
from odapi_ssd.data.records.framing import UnreadableRecordsError, write_record
from odapi_ssd.data.records.reader import read_records


@pytest.mark.tf
class TestMatch:
    def test_files_folders_and_missing_shards(self, tmp_path):
        for index in (0, 2):
            (tmp_path / f"train.record-0000{index}-of-00003").touch()
        (tmp_path / "train.record-more").mkdir()
        prefix = f"{tmp_path}/train.record-"
        assert match_input_path(f"{prefix}*") == MatchedFiles(
            paths=(f"{prefix}00000-of-00003", f"{prefix}00002-of-00003"),
            folders=(f"{prefix}more",),
            missing_shards=(f"{prefix}00001-of-00003",),
        )

    def test_a_single_file(self, tmp_path):
        (tmp_path / "a.record").touch()
        assert match_input_path(f"{tmp_path}/a.record").paths == (f"{tmp_path}/a.record",)

    @pytest.mark.parametrize(
        "pattern", ["nowhere/*.record", "", "nosuch://bucket/*", "\0", "a" * 400]
    )
    def test_nothing(self, pattern):
        assert match_input_path(pattern) == MatchedFiles((), (), ())


@pytest.mark.tf
class TestOpen:
    @pytest.fixture
    def path(self, tmp_path):
        with (tmp_path / "a.record").open("wb") as file:
            for data in (b"abc", b"x" * 100_000):
                write_record(file, data)
        return tmp_path / "a.record"

    @pytest.mark.parametrize("scheme", ["", "file://"])
    def test_records_of_any_file_system(self, path, scheme):
        records = list(read_records(f"{scheme}{path}", open_file=open_record_file))
        assert records == [b"abc", b"x" * 100_000]

    def test_a_file_system_that_fails(self, path):
        with pytest.raises(UnreadableRecordsError, match=r"file:///no/a cannot be read: .*No such"):
            list(read_records("file:///no/a", open_file=open_record_file))
        with pytest.raises(UnreadableRecordsError, match=r"nosuch://a cannot be read: .*nosuch"):
            list(read_records("nosuch://a", open_file=open_record_file))
