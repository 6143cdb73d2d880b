"""Archives and old files that declare more than they have."""

import struct
import zipfile

import pytest

from odapi_ssd.weights.readers.torch_file import OtherArchiveError, read_legacy, read_zip
from odapi_ssd.weights.readers.torch_tensors import DamagedFileError

torch = pytest.importorskip("torch")


@pytest.fixture
def path(tmp_path):
    torch.save({"w": torch.arange(100.0)}, tmp_path / "w.pth")
    return tmp_path / "w.pth"


@pytest.fixture
def legacy(tmp_path):
    torch.save({"w": torch.arange(100.0)}, tmp_path / "o.pth", _use_new_zipfile_serialization=False)
    return tmp_path / "o.pth"


def _repacked(path, change=lambda name, content: content):
    """The archive with other contents; None leaves an entry out."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: change(name, archive.read(name)) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            if content is not None:
                archive.writestr(name, content)


def _why_not(read, path):
    with pytest.raises(DamagedFileError) as caught:
        read(path)
    return str(caught.value)


class TestZip:
    def test_numbers_where_they_are(self, path):
        file = read_zip(path)
        ((key, offset),) = file.offsets.items()
        assert struct.unpack("<3f", path.read_bytes()[offset:][:12]) == (0, 1, 2)
        assert file.content["w"].storage.key == key

    def test_repacked_by_another_program(self, path):
        _repacked(path)
        assert read_zip(path).content["w"].shape == (100,)

    def test_big_endian(self, path):
        _repacked(path, lambda name, it: b"big" if name.endswith("byteorder") else it)
        assert read_zip(path).byte_order == ">"

    @pytest.mark.parametrize("content", [None, bytes(399)])
    def test_a_storage_that_is_missing_or_short(self, path, content):
        _repacked(path, lambda name, it: content if name.endswith("data/0") else it)
        there = 0 if content is None else 399
        assert f"of the 400 bytes of the storage 0, there are {there}" in _why_not(read_zip, path)

    def test_entries_that_declare_more_than_the_file(self, path):
        content = bytearray(path.read_bytes())
        entry = content.rindex(b"w/data/0") - 46
        assert content[entry : entry + 4] == b"PK\x01\x02"
        content[entry + 20 : entry + 28] = struct.pack("<II", 10**9, 10**9)
        path.write_bytes(content)
        assert "it declares 1,000,00" in _why_not(read_zip, path)

    @pytest.mark.parametrize(("number", "is_read"), [(20, True), (40, False)])
    def test_a_long_directory(self, path, number, is_read):
        """Each entry takes some 60 kB of it; up to 2 MB are read."""
        with zipfile.ZipFile(path, "a") as archive:
            for name in map(str, range(number)):
                entry = zipfile.ZipInfo(name)
                entry.comment = bytes(60_000)
                archive.writestr(entry, b"")
        if is_read:
            assert read_zip(path).offsets
        else:
            assert "truncated or damaged" in _why_not(read_zip, path)

    def test_a_pickle_that_is_too_long(self, path):
        _repacked(path, lambda name, it: it + bytes(2**21) if name.endswith(".pkl") else it)
        assert "more than 2,097,152 bytes" in _why_not(read_zip, path)

    def test_an_empty_archive(self, tmp_path):
        zipfile.ZipFile(tmp_path / "w.zip", "w").close()
        with pytest.raises(OtherArchiveError, match="something else: empty"):
            read_zip(tmp_path / "w.zip")


class TestLegacy:
    def test_numbers_where_they_are(self, legacy):
        file = read_legacy(legacy)
        (offset,) = file.offsets.values()
        assert struct.unpack("<3f", legacy.read_bytes()[offset:][:12]) == (0, 1, 2)

    def test_a_declared_length_beyond_the_file(self, legacy):
        content = legacy.read_bytes()
        # The device and then the length, in one byte.
        declared = b"cpuq\x06K" + bytes([100])
        assert content.count(declared) == 1
        longer = b"cpuq\x06J" + struct.pack("<i", 10**9)
        legacy.write_bytes(content.replace(declared, longer))
        assert "of the 4,000,000,000 bytes of the storage" in _why_not(read_legacy, legacy)

    def test_two_lengths(self, legacy):
        content = legacy.read_bytes()
        assert content[-408:-400] == struct.pack("<q", 100)
        legacy.write_bytes(content[:-408] + struct.pack("<q", 99) + content[-400:])
        assert "another length than its tensors" in _why_not(read_legacy, legacy)
