from pathlib import Path

import pytest

from odapi_ssd.data.annotations import AnnotatedImage, Annotation
from odapi_ssd.data.fingerprints import fingerprint_image, fingerprint_text

NO_OBJECTS = Annotation("a.xml", None, ())


def fingerprint(path, byte_range=None):
    return fingerprint_image(AnnotatedImage("a", path, NO_OBJECTS, byte_range=byte_range))


def written(path, content):
    path.write_bytes(content)
    return path


def test_a_copy_has_the_same(tmp_path):
    content = bytes(range(256)) * 40
    first, copy = (written(tmp_path / name, content) for name in ("a.jpg", "b.png"))
    assert fingerprint(first) == fingerprint(copy)
    assert len(fingerprint(first)) == 8


@pytest.mark.parametrize("place", [0, 1023, 5000, 9_999])
def test_other_content_has_another(tmp_path, place):
    content = bytearray(10_000)
    first = fingerprint(written(tmp_path / "a", content))
    content[place] = 1
    assert fingerprint(written(tmp_path / "b", content)) != first


def test_files_of_zeros_differ_in_length(tmp_path):
    lengths = (0, 1, 1023, 1024, 1025, 3000, 3001)
    found = {fingerprint(written(tmp_path / "a", bytes(length))) for length in lengths}
    assert len(found) == len(lengths)


def test_an_image_within_a_file(tmp_path):
    image = bytes(range(200)) * 20
    alone = written(tmp_path / "a", image)
    inside = written(tmp_path / "b", b"before" + image + b"after")
    assert fingerprint(inside, (6, len(image))) == fingerprint(alone)
    assert fingerprint(inside) != fingerprint(alone)


def test_what_cannot_be_read(tmp_path):
    assert fingerprint(tmp_path / "gone") is None
    assert fingerprint(tmp_path) is None


def test_a_pipe_does_not_block(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe")
    assert fingerprint(tmp_path / "pipe") is None


def test_names():
    assert fingerprint_text("a") != fingerprint_text("b")
    assert len(fingerprint_text("half a pair: \ud800")) == 8
    assert fingerprint_image(AnnotatedImage("a", Path("gone"), NO_OBJECTS)) is None
