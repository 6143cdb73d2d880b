import io
from pathlib import Path

import pytest

from odapi_ssd.data.records.framing import UnreadableRecordsError
from odapi_ssd.data.records.reader import Record, read_examples, read_records
from tests.support.record_files import serialize_example


@pytest.mark.parametrize("data", [[], [b""], [b"abc"], [b"abc", b"", b"x" * 5000]])
def test_records_in_order(write_file, data):
    assert list(read_records(write_file(*data))) == data


@pytest.mark.parametrize(("limit", "expected"), [(0, 0), (1, 1), (2, 2), (9, 3), (None, 3)])
def test_limit(write_file, limit, expected):
    assert len(list(read_records(write_file(b"a", b"b", b"c"), limit))) == expected


def test_nothing_after_the_limit_is_read(write_file):
    path = write_file(b"abc", b"def")
    content = Path(path).read_bytes()
    Path(path).write_bytes(content[:-1])
    assert list(read_records(path, limit=1)) == [b"abc"]


def test_damaged_data_is_found_and_named(write_file, change_byte):
    path = write_file(b"abc", b"def", b"ghi")
    change_byte(path, 19 + 13)
    records = read_records(path)
    assert next(records) == b"abc"
    with pytest.raises(UnreadableRecordsError, match=rf"{path}, record 1: its data is damaged"):
        next(records)


def test_a_file_that_is_not_there():
    with pytest.raises(UnreadableRecordsError, match="gone cannot be read: No such file"):
        list(read_records("gone"))


class TestOpener:
    def test_it_opens_the_file_which_is_closed_again(self, write_file):
        content = io.BytesIO(Path(write_file(b"abc")).read_bytes())
        opened = []

        def open_file(path):
            opened.append(path)
            return content

        assert list(read_records("far://a", open_file=open_file)) == [b"abc"]
        assert opened == ["far://a"]
        assert content.closed

    def test_its_errors_name_the_path(self):
        def open_file(path):
            raise OSError(None, "no route", path)

        with pytest.raises(UnreadableRecordsError, match="far://a cannot be read: no route"):
            list(read_records("far://a", open_file=open_file))


class TestRecord:
    RECORD = Record(
        serialize_example(
            {"bytes": ["ä".encode(), b"\xff"], "floats": [0.5, 2.0], "integers": [3, -1]}
        ),
        "a, record 0",
    )

    def test_values_by_kind(self):
        assert self.RECORD.is_example
        assert list(self.RECORD.byte_strings("bytes")) == ["ä".encode(), b"\xff"]
        assert self.RECORD.texts("bytes") == ["ä", "\ufffd"]
        assert list(self.RECORD.floats("floats")) == [0.5, 2.0]
        assert list(self.RECORD.integers("integers")) == [3, -1]

    @pytest.mark.parametrize("key", ["bytes", "floats", "integers", "none"])
    def test_another_kind_or_no_feature_has_no_values(self, key):
        values = {
            "bytes": self.RECORD.byte_strings(key),
            "floats": self.RECORD.floats(key),
            "integers": self.RECORD.integers(key),
        }
        values.pop(key, None)
        assert [list(found) for found in values.values()] == [[]] * len(values)

    def test_not_an_example(self):
        record = Record(b"\xff\xff\xff", "a, record 0")
        assert not record.is_example
        assert list(record.floats("floats")) == []

    def test_each_record_of_a_file_is_named(self, write_file):
        path = write_file(serialize_example({}), b"\xff\xff\xff")
        records = list(read_examples(path))
        assert [record.where for record in records] == [f"{path}, record 0", f"{path}, record 1"]
        assert [record.is_example for record in records] == [True, False]
