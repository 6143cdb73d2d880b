"""Failures of file systems in plain words: Python's and TensorFlow's."""

import errno
import os
import subprocess
import sys

import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.file_errors import describe_file_error, explain_file_errors, file_error_words
from tests.support.permissions import as_ordinary_user, folder_for_all
from tests.support.small_disk import small_disk


class TestDescribeFileError:
    @pytest.mark.parametrize(
        ("number", "words"),
        [
            (errno.ENOSPC, "the disk is full"),
            (errno.EDQUOT, "the disk quota is used up"),
            (errno.EROFS, "the file system is read-only"),
            (errno.EACCES, "no permission"),
            (errno.EISDIR, "it is a folder, not a file"),
        ],
    )
    def test_the_system_s_numbers(self, number, words):
        error = OSError(number, os.strerror(number), "runs/a")
        assert describe_file_error(error) == f"runs/a: {words}"

    def test_a_number_without_words_of_ours_keeps_the_system_s(self):
        assert describe_file_error(OSError(errno.EBUSY, "busy")) == os.strerror(errno.EBUSY)

    def test_a_real_one(self, tmp_path):
        with pytest.raises(OSError) as caught:  # noqa: PT011
            (tmp_path / "folder" / "file").write_text("")
        expected = f"{tmp_path}/folder/file: it does not exist"
        assert describe_file_error(caught.value) == expected

    @pytest.mark.parametrize("error", [ValueError("no space"), KeyboardInterrupt()])
    def test_other_errors_are_none(self, error):
        assert describe_file_error(error) is None


class TestExplainFileErrors:
    def test_the_task_and_the_words(self):
        with (
            pytest.raises(OdapiError) as caught,
            explain_file_errors("The scores cannot be written", "make room."),
        ):
            raise OSError(errno.ENOSPC, "No space left on device", "/d/metrics.json")
        assert caught.value.problem == (
            "The scores cannot be written: /d/metrics.json: the disk is full."
        )
        assert caught.value.hint == "make room."

    def test_other_errors_pass(self):
        with pytest.raises(ZeroDivisionError), explain_file_errors("It cannot be written"):
            _ = 1 / 0


@pytest.mark.tf
@pytest.mark.usefixtures("api")
class TestTensorFlowErrors:
    def test_a_full_disk(self):
        """`/dev/full` refuses each write, as a full disk does."""
        import tensorflow as tf

        file = tf.io.gfile.GFile("/dev/full", "w")
        file.write("x")
        with pytest.raises(tf.errors.OpError) as caught:
            file.flush()
        assert describe_file_error(caught.value) == "/dev/full: the disk is full"

    def test_a_checkpoint_on_a_small_disk_is_named_as_it_would_have_been(self, tmp_path):
        code = (
            "import sys, odapi_ssd; from odapi_ssd.compat import import_tensorflow;"
            "from odapi_ssd.file_errors import explain_file_errors;"
            "tf = import_tensorflow(); a = tf.Variable(tf.zeros([99_999]));"
            "checkpoint = tf.train.Checkpoint(a=a);\n"
            "with explain_file_errors('It cannot be saved'): checkpoint.write(sys.argv[1])"
        )
        with small_disk(tmp_path / "disk", 65_536) as disk:
            prefix = disk.path / "ckpt-1"
            done = subprocess.run(
                [sys.executable, "-c", code, prefix],
                capture_output=True,
                text=True,
                check=False,
                preexec_fn=disk.preexec_fn,
            )
        assert f"OdapiError: It cannot be saved: {prefix}: {disk.reason}" in done.stderr

    def test_a_folder_without_permission(self):
        import tensorflow as tf

        with folder_for_all() as folder:
            with as_ordinary_user(), pytest.raises(tf.errors.PermissionDeniedError) as caught:
                tf.io.gfile.makedirs(str(folder / "run"))
            assert describe_file_error(caught.value) == f"{folder}/run: no permission"

    def test_a_file_that_is_missing(self, tmp_path):
        import tensorflow as tf

        path = tmp_path / "folder" / "ckpt"
        with pytest.raises(tf.errors.NotFoundError) as caught:
            tf.io.gfile.GFile(str(path)).read()
        assert describe_file_error(caught.value) == f"{path}: it does not exist"

    def test_a_device_without_memory_is_none_of_them(self):
        import tensorflow as tf

        error = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
        assert file_error_words(error) is None
