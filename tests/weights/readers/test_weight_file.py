"""What files look like by their first and last bytes."""

import io
import tarfile
from pathlib import Path

import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.weights.readers.weight_file import (
    kind_of,
    not_expected,
    require_file,
    require_plain_names,
)


def _tar():
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("storages"))
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "what", "hint"),
    [
        (b"", "empty", "copy it again"),
        (b"\xef\xbb\xbf\n<!doctype HTML>\n<p>Sign in", "a web page (HTML)", "for logging in"),
        (b"<?xml version='1.0'?><html>", "a web page (HTML)", "for logging in"),
        (b"<?xml version='1.0'?><Error>AccessDenied", "an XML document", "for logging in"),
        (b'{"error": "not found"}', """text that begins with '{"error": "not found"}'""", "again"),
        ("é".encode() * 5000, "text that begins with 'éé", "download it again"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer", "git lfs pull"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file", "--from keras"),
        (b"PK\x03\x04", "a ZIP archive", None),
        (b"\x1f\x8b\x08", "a compressed file", "decompress it"),
        (b"\x80\x04\x95", "a Python pickle that torch.save has not written", None),
        (_tar(), "a tar archive", "PyTorch before 0.2"),
        (b'\2\0\0\0\0\0\0\0{"w"}', "a safetensors file", "safetensors.torch.load_file"),
        (bytes(9) + b"\x57\xfb\x80\x8b\x24\x75\x47\xdb", "a file of a TensorFlow", "slim"),
        (bytes(10_000), "zeros, as an interrupted download", "again"),
        (b"\xff\x00\x13 and so on", "data in no format that is known here", None),
        (b"an escape \x1b[31m", "data in no format that is known here", None),
    ],
)
def test_kinds(tmp_path, content, what, hint):
    path = tmp_path / "weights"
    path.write_bytes(content)
    kind = kind_of(path)
    assert kind.what.startswith(what)
    assert hint in kind.hint if hint else kind.hint is None
    error = not_expected(path, "a PyTorch file", "give one.")
    assert error.problem == f"{path} is not a PyTorch file, but {kind.what}."
    assert error.hint == (kind.hint or "give one.")


class TestRequireFile:
    @pytest.mark.parametrize(
        ("path", "what"),
        [("/none", "does not exist"), ("/", "is a folder"), ("/dev/zero", "is not a regular file")],
    )
    def test_there_is_none(self, path, what):
        with pytest.raises(OdapiError) as caught:
            require_file(Path(path), "a weight file")
        assert caught.value.problem == f"--weights {path} {what}; a weight file was expected."

    def test_there_is_one(self, tmp_path):
        (tmp_path / "w").touch()
        require_file(tmp_path / "w", "a weight file")


class TestNames:
    @pytest.mark.parametrize("name", ["a\nb", "\x1b[2J", "\ud800", "a" * 501])
    def test_that_would_garble_messages(self, name):
        with pytest.raises(OdapiError) as caught:
            require_plain_names("w.pth", ["conv.weight", name])
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 300

    def test_of_networks(self):
        require_plain_names("w.pth", ["conv.weight", "größe/kernel:0", "a" * 500])
