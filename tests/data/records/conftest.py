"""Record files and damage to them."""

from pathlib import Path

import pytest

from tests.support.record_files import write_records


@pytest.fixture
def write_file(tmp_path):
    """Writes a file of records from their data and returns its path, a string."""

    def write(*data: bytes, name: str = "a.record") -> str:
        return write_records(tmp_path / name, data)

    return write


@pytest.fixture
def change_byte():
    """Flips one bit of a file's byte."""

    def change(path: str, offset: int) -> None:
        content = bytearray(Path(path).read_bytes())
        content[offset] ^= 1
        Path(path).write_bytes(content)

    return change
