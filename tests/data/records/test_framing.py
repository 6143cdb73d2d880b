import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odapi_ssd.data.records.framing import (
    FOOTER_BYTES,
    HEADER_BYTES,
    UnreadableRecordsError,
    parse_header,
    verify_data,
    write_record,
)

# As TensorFlow writes them: length, its checksum, data, its checksum.
ABC = bytes.fromhex("0300000000000000 b099490e 616263 6e57f121")
EMPTY = bytes.fromhex("0000000000000000 29039807 d8ea82a2")


def framed(data):
    file = io.BytesIO()
    write_record(file, data)
    return file.getvalue()


@pytest.mark.parametrize(("data", "expected"), [(b"abc", ABC), (b"", EMPTY)])
def test_write(data, expected):
    assert framed(data) == expected


@given(st.binary(max_size=300))
def test_what_is_written_is_read(data):
    record = framed(data)
    header, footer = record[:HEADER_BYTES], record[-FOOTER_BYTES:]
    assert parse_header(header, "a", 0, 0) == len(data)
    assert record[HEADER_BYTES:-FOOTER_BYTES] == data
    verify_data(data, footer, "a", 0)


@pytest.mark.tf
def test_tensorflow_writes_the_same(tmp_path):
    from odapi_ssd.compat import import_tensorflow

    tf = import_tensorflow()
    data = [b"", b"\0", b"abc" * 1000, bytes(range(256)) * 1000]
    with tf.io.TFRecordWriter(str(tmp_path / "a")) as writer:
        for one in data:
            writer.write(one)
    assert (tmp_path / "a").read_bytes() == b"".join(map(framed, data))


@pytest.mark.parametrize("num_bytes", [1, 8, 11])
def test_header_cut_short(num_bytes):
    with pytest.raises(
        UnreadableRecordsError, match="a: it ends within record 2, at byte"
    ) as caught:
        parse_header(ABC[:num_bytes], "a", 2, 100)
    assert caught.value.problem.endswith(f", at byte {100 + num_bytes}")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("index", "problem"),
    [(0, "a: it is not a TFRecord file"), (3, "a: record 3 is damaged, at byte 7")],
)
@pytest.mark.parametrize("changed", [0, 9])
def test_damaged_header(index, problem, changed):
    header = bytearray(ABC[:HEADER_BYTES])
    header[changed] ^= 1
    with pytest.raises(UnreadableRecordsError, match=problem):
        parse_header(bytes(header), "a", index, 7)


def test_a_length_beyond_any_message_is_not_allocated():
    length = struct.pack("<Q", 2**31)
    checksum = framed(length)[-FOOTER_BYTES:]
    with pytest.raises(UnreadableRecordsError, match="record 1 is damaged"):
        parse_header(length + checksum, "a", 1, 0)


def test_damaged_data():
    with pytest.raises(UnreadableRecordsError, match="a, record 4: its data is damaged"):
        verify_data(b"abd", ABC[-FOOTER_BYTES:], "a", 4)
