from pathlib import Path

import pytest

from odapi_ssd.data.records.counts import count_records
from odapi_ssd.data.records.framing import UnreadableRecordsError
from odapi_ssd.data.records.reader import read_records


@pytest.mark.parametrize("data", [[], [b""], [b"abc"], [b"abc", b"", b"x" * 5000]])
def test_count(write_file, data):
    assert count_records(write_file(*data)) == len(data)


def test_the_data_is_not_read(write_file, change_byte):
    path = write_file(b"abc", b"def")
    change_byte(path, 13)
    assert count_records(path) == 2


def test_a_file_cut_anywhere_is_refused_as_when_it_is_read(write_file):
    path = write_file(b"abc", b"defg")
    content = Path(path).read_bytes()
    for size in set(range(1, len(content))) - {19}:  # the first record has 19 bytes
        Path(path).write_bytes(content[:size])
        with pytest.raises(UnreadableRecordsError) as counted:
            count_records(path)
        with pytest.raises(UnreadableRecordsError) as read:
            list(read_records(path))
        assert counted.value.problem == read.value.problem
        assert counted.value.problem.startswith(f"{path}: it ")
        assert f"within record {size // 20}, at byte {size}" in counted.value.problem


def test_another_kind_of_file(tmp_path):
    (tmp_path / "a.txt").write_text("an annotation, not a record")
    with pytest.raises(UnreadableRecordsError, match=r"a\.txt: it is not a TFRecord file"):
        count_records(str(tmp_path / "a.txt"))


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(
        UnreadableRecordsError, match=r"gone cannot be read: No such file"
    ) as caught:
        count_records(str(tmp_path / "gone"))
    assert caught.value.hint is None
    with pytest.raises(UnreadableRecordsError, match="cannot be read: Is a directory"):
        count_records(str(tmp_path))
