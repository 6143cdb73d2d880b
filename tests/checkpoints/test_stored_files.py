"""Files of folders, local ones and those of TensorFlow's file system in memory."""

import os

import pytest

from odapi_ssd.checkpoints.stored_files import (
    is_folder,
    join,
    names_in,
    read_bytes,
    readable_size,
    split,
)


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("runs/a/ckpt-1", ("runs/a", "ckpt-1")),
        ("ckpt-1", (".", "ckpt-1")),
        ("/ckpt-1", ("/", "ckpt-1")),
        ("gs://bucket/ckpt-1", ("gs://bucket", "ckpt-1")),
    ],
)
def test_split(path, parts):
    assert split(path) == parts


@pytest.mark.parametrize("folder", ["runs/a", "runs/a/", "gs://bucket", "gs://bucket/"])
def test_join(folder):
    assert join(folder, "ckpt-1") == f"{folder.rstrip('/')}/ckpt-1"


class TestLocalFiles:
    def test_their_names_sizes_and_contents(self, tmp_path):
        (tmp_path / "a").write_bytes(b"abc")
        assert is_folder(str(tmp_path))
        assert names_in(str(tmp_path)) == ["a"]
        assert readable_size(f"{tmp_path}/a") == 3
        assert read_bytes(f"{tmp_path}/a") == b"abc"

    def test_a_folder_that_is_not_there(self, tmp_path):
        assert names_in(f"{tmp_path}/none") == []

    def test_a_folder_in_the_place_of_a_file(self, tmp_path):
        with pytest.raises(IsADirectoryError):
            read_bytes(str(tmp_path))

    def test_a_pipe_is_not_opened(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(OSError, match="not a regular file"):
            read_bytes(f"{tmp_path}/pipe")


@pytest.mark.tf
@pytest.mark.usefixtures("api")
class TestRemoteFiles:
    def test_their_names_sizes_and_contents(self):
        import tensorflow as tf

        folder = "ram://stored_files"
        tf.io.gfile.makedirs(f"{folder}/below")
        with tf.io.gfile.GFile(f"{folder}/a", "wb") as file:
            file.write(b"abc")
        assert is_folder(folder)
        assert sorted(names_in(folder)) == ["a", "below"]
        assert readable_size(f"{folder}/a") == 3
        assert read_bytes(f"{folder}/a") == b"abc"
        with pytest.raises(FileNotFoundError):
            read_bytes(f"{folder}/b")
