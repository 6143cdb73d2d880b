"""The framing of TFRecord files: length, checksum of the length, data, checksum of the data.

The length is a uint64 and a checksum the masked CRC-32C of the bytes before it, both little-endian.
Source: tensorflow/core/lib/io/record_writer.h.
"""

import struct
from typing import BinaryIO

import google_crc32c

from odapi_ssd.errors import OdapiError

__all__ = [
    "FOOTER_BYTES",
    "HEADER_BYTES",
    "UnreadableRecordsError",
    "cut_short",
    "damaged",
    "masked_checksum",
    "parse_header",
    "verify_data",
    "write_record",
]

_LENGTH = struct.Struct("<Q")
_CHECKSUM = struct.Struct("<I")
HEADER_BYTES = _LENGTH.size + _CHECKSUM.size
FOOTER_BYTES = _CHECKSUM.size
_MASK_DELTA = 0xA282EAD8
_MAX_LENGTH = 2**31 - 1  # protobuf's limit for a message


class UnreadableRecordsError(OdapiError):
    """A record file is damaged, is not a TFRecord file, or cannot be read at all."""


def write_record(file: BinaryIO, data: bytes) -> None:
    """Appends one record to an open file."""
    length = _LENGTH.pack(len(data))
    file.write(length + masked_checksum(length))
    file.write(data)
    file.write(masked_checksum(data))


def parse_header(header: bytes, path: str, index: int, offset: int) -> int:
    """The length in bytes of the data that follows a header.

    Args:
        header: HEADER_BYTES; fewer if the file ends there.
        path: the file, for messages.
        index: the record's place in the file, from 0.
        offset: the header's first byte in the file.

    Raises:
        UnreadableRecordsError: the header is cut short, or its checksum does not match.
    """
    if len(header) < HEADER_BYTES:
        raise damaged(f"{path}: it ends within record {index}, at byte {offset + len(header)}")
    raw_length = header[: _LENGTH.size]
    (length,) = _LENGTH.unpack(raw_length)
    if masked_checksum(raw_length) == header[_LENGTH.size :] and length <= _MAX_LENGTH:
        return int(length)
    if index == 0:
        raise damaged(f"{path}: it is not a TFRecord file, or a compressed or damaged one")
    raise damaged(f"{path}: record {index} is damaged, at byte {offset}")


def verify_data(data: bytes, footer: bytes, path: str, index: int) -> None:
    """Compares a record's data with its checksum.

    Raises:
        UnreadableRecordsError: it does not match.
    """
    if masked_checksum(data) != footer:
        raise damaged(f"{path}, record {index}: its data is damaged, the checksum does not match")


def cut_short(path: str, index: int, num_bytes: int) -> UnreadableRecordsError:
    """The error for a file that ends, after `num_bytes`, within a record's data."""
    return damaged(f"{path}: it is cut short within record {index}, at byte {num_bytes}")


def damaged(problem: str) -> UnreadableRecordsError:
    """The error for a file that should be made anew."""
    return UnreadableRecordsError(problem, hint="copy or convert the dataset again.")


def masked_checksum(data: bytes) -> bytes:
    """The masked CRC-32C of data, as TensorFlow stores it: 4 bytes, little-endian."""
    crc = google_crc32c.value(data)
    rotated = (crc >> 15) | (crc << 17)
    return _CHECKSUM.pack((rotated + _MASK_DELTA) & 0xFFFFFFFF)
