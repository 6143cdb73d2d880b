"""The file `checkpoint`: whole, damaged, and none."""

import pytest

from odapi_ssd.checkpoints.state_file import CheckpointState, is_absolute, read_state
from tests.support.permissions import as_ordinary_user, folder_for_all


class TestWithoutTensorFlow:
    def test_none(self, tmp_path):
        assert read_state(str(tmp_path)) is None
        assert read_state(f"{tmp_path}/none") is None

    def test_a_folder_of_that_name_is_none(self, tmp_path):
        (tmp_path / "checkpoint").mkdir()
        assert read_state(str(tmp_path)) is None

    def test_empty(self, tmp_path):
        (tmp_path / "checkpoint").touch()
        assert read_state(str(tmp_path)) == CheckpointState(None, "is empty")

    def test_that_may_not_be_read(self):
        with folder_for_all() as folder:
            (folder / "checkpoint").touch(mode=0)
            with as_ordinary_user():
                state = read_state(str(folder))
        assert state == CheckpointState(None, "cannot be read (no permission)")

    @pytest.mark.parametrize(
        ("path", "expected"), [("/a/ckpt-1", True), ("gs://b/ckpt-1", True), ("ckpt-1", False)]
    )
    def test_is_absolute(self, path, expected):
        assert is_absolute(path) is expected


@pytest.mark.tf
@pytest.mark.usefixtures("api")
class TestItsText:
    def test_as_tensorflow_writes_it(self, tmp_path):
        import tensorflow as tf

        name = 'ckpt "é"-7'
        tf.compat.v1.train.update_checkpoint_state(str(tmp_path), name)
        assert read_state(str(tmp_path)) == CheckpointState(name, None)

    @pytest.mark.parametrize(
        ("content", "fault"),
        [
            (bytes(range(256)), "is damaged (not UTF-8 text)"),
            (b"\0\0\0", "is damaged (not the text that TensorFlow writes, or half)"),
            (b'model_checkpoint_path: "ck', "is damaged (not the text that TensorFlow"),
            (b"<html></html>", "is damaged (not the text that TensorFlow"),
            (b'all_model_checkpoint_paths: "ckpt-1"', "names no checkpoint"),
        ],
    )
    def test_damaged(self, tmp_path, content, fault):
        (tmp_path / "checkpoint").write_bytes(content)
        state = read_state(str(tmp_path))
        assert state.named is None
        assert state.fault.startswith(fault)
