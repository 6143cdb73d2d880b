"""Paths that users give for checkpoints. The files are empty: only their names are looked at."""

import subprocess
import sys

import pytest

from odapi_ssd.checkpoints.paths import latest_checkpoint, resolve_checkpoint
from odapi_ssd.errors import OdapiError


def _touch(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        for suffix in (".index", ".data-00000-of-00001"):
            (folder / f"{name}{suffix}").touch()


def _name_newest(folder, name):
    (folder / "checkpoint").write_text(f'model_checkpoint_path: "{name}"')


def _error(path):
    with pytest.raises(OdapiError) as caught:
        resolve_checkpoint(path)
    return caught.value


class TestAPrefix:
    @pytest.mark.parametrize("suffix", ["", ".index", ".meta", ".data-00000-of-00001"])
    def test_as_it_is_or_by_a_file(self, tmp_path, suffix):
        _touch(tmp_path, "ckpt-7")
        assert resolve_checkpoint(f"{tmp_path}/ckpt-7{suffix}") == f"{tmp_path}/ckpt-7"

    def test_as_a_path(self, tmp_path):
        _touch(tmp_path, "ckpt-7")
        assert resolve_checkpoint(tmp_path / "ckpt-7.index") == f"{tmp_path}/ckpt-7"

    def test_one_of_many_data_files(self, tmp_path):
        (tmp_path / "ckpt-7.index").touch()
        path = f"{tmp_path}/ckpt-7.data-00003-of-00012"
        assert resolve_checkpoint(path) == f"{tmp_path}/ckpt-7"

    def test_that_is_relative_stays_so(self, tmp_path, monkeypatch):
        _touch(tmp_path, "ckpt-7")
        monkeypatch.chdir(tmp_path)
        assert resolve_checkpoint("ckpt-7.index") == "ckpt-7"

    def test_that_ends_as_a_file_does(self, tmp_path):
        _touch(tmp_path, "ckpt.index")
        assert resolve_checkpoint(f"{tmp_path}/ckpt.index") == f"{tmp_path}/ckpt.index"

    @pytest.mark.parametrize("name", ["ckpt-8", "ckpt-8.index", "ckpt-7.txt", "ckpt", ""])
    def test_that_is_not_there(self, tmp_path, name):
        _touch(tmp_path / "run", "ckpt-7")
        path = f"{tmp_path}/run/{name}" if name else ""
        error = _error(path)
        prefix = path.removesuffix(".index")
        assert error.problem == f"There is no checkpoint {path} (no file {prefix}.index)."
        assert "relative paths count from the current folder" in error.hint

    def test_without_its_index(self, tmp_path):
        (tmp_path / "ckpt-7.data-00000-of-00001").touch()
        assert "no file" in _error(tmp_path / "ckpt-7").problem

    def test_needs_no_tensorflow(self, tmp_path):
        _touch(tmp_path, "ckpt-7")
        code = (
            "import sys; from odapi_ssd.checkpoints.paths import resolve_checkpoint;"
            f"resolve_checkpoint({str(tmp_path / 'ckpt-7.index')!r});"
            "sys.exit('tensorflow' in sys.modules)"
        )
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.tf
@pytest.mark.usefixtures("api")
class TestAFolder:
    def test_its_newest(self, tmp_path):
        _touch(tmp_path, "ckpt-7", "ckpt-10", "ckpt-9")
        _name_newest(tmp_path, "ckpt-10")
        assert resolve_checkpoint(tmp_path) == f"{tmp_path}/ckpt-10"
        assert resolve_checkpoint(f"{tmp_path}/") == f"{tmp_path}/ckpt-10"
        assert latest_checkpoint(tmp_path) == f"{tmp_path}/ckpt-10"

    def test_the_files_of_the_newest_are_gone(self, tmp_path):
        _touch(tmp_path, "ckpt-9", "ckpt-10")
        _name_newest(tmp_path, "ckpt-11")
        error = _error(tmp_path)
        assert "no file `checkpoint` that names its newest checkpoint" in error.problem
        assert error.hint.endswith(f": {tmp_path}/ckpt-9, {tmp_path}/ckpt-10.")

    def test_an_export_names_the_checkpoint_in_its_folder(self, tmp_path):
        _touch(tmp_path / "checkpoint", "ckpt-0")
        _name_newest(tmp_path / "checkpoint", "ckpt-0")
        assert _error(tmp_path).hint == (
            f"name one of its checkpoints: {tmp_path}/checkpoint/ckpt-0."
        )
        assert resolve_checkpoint(tmp_path / "checkpoint") == f"{tmp_path}/checkpoint/ckpt-0"

    def test_whose_name_looks_like_a_pattern(self, tmp_path):
        folder = tmp_path / "run[1]*"
        _touch(folder, "ckpt-0")
        assert f"{folder}/ckpt-0" in _error(folder).hint

    def test_without_any(self, tmp_path):
        error = _error(tmp_path)
        assert error.problem == f"{tmp_path} holds no checkpoint."
        assert "--model_dir" in error.hint
        assert latest_checkpoint(tmp_path) is None


@pytest.mark.tf
@pytest.mark.usefixtures("api")
class TestARemotePath:
    """TensorFlow's file system in memory stands for any remote one."""

    def test_as_a_local_one(self):
        import tensorflow as tf

        folder = "ram://resolve_checkpoint"
        for name in ("run/ckpt-7.index", "run/ckpt-7.data-00000-of-00001", "export/ckpt-0.index"):
            tf.io.gfile.makedirs(f"{folder}/{name.partition('/')[0]}")
            tf.io.gfile.GFile(f"{folder}/{name}", "w").write("")
        with tf.io.gfile.GFile(f"{folder}/run/checkpoint", "w") as file:
            file.write('model_checkpoint_path: "ckpt-7"')
        assert resolve_checkpoint(f"{folder}/run/ckpt-7.index") == f"{folder}/run/ckpt-7"
        assert resolve_checkpoint(f"{folder}/run") == f"{folder}/run/ckpt-7"
        assert f": {folder}/export/ckpt-0." in _error(f"{folder}/export").hint
        assert "There is no checkpoint ram://" in _error(f"{folder}/run/ckpt-8").problem
