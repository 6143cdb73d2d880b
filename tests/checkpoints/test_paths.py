"""Paths that users give for checkpoints."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from odapi_ssd.checkpoints.paths import resolve_checkpoint
from odapi_ssd.errors import OdapiError
from tests.support.saved_checkpoints import write_run


def _error(path):
    with pytest.raises(OdapiError) as caught:
        resolve_checkpoint(path)
    return caught.value


def _copy_run(run, folder, *names):
    """Gives a folder checkpoints of other names: whole ones, made without TensorFlow."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        for suffix in (".index", ".data-00000-of-00001"):
            shutil.copy(f"{run}{suffix}", folder / f"{name}{suffix}")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The prefix of a checkpoint."""
    import odapi_ssd

    odapi_ssd.register()
    return write_run(tmp_path_factory.mktemp("run"), 1)[0]


@pytest.mark.tf
class TestAPrefix:
    @pytest.mark.parametrize("suffix", ["", ".index", ".meta", ".data-00000-of-00001"])
    def test_as_it_is_or_by_a_file(self, run, suffix):
        assert resolve_checkpoint(f"{run}{suffix}") == run

    def test_as_a_path(self, run):
        assert resolve_checkpoint(Path(f"{run}.index")) == run

    def test_that_is_relative_stays_so(self, run, monkeypatch):
        monkeypatch.chdir(Path(run).parent)
        assert resolve_checkpoint("ckpt-1.index") == "ckpt-1"

    def test_that_ends_as_a_file_does(self, run, tmp_path):
        _copy_run(run, tmp_path, "ckpt.index")
        assert resolve_checkpoint(f"{tmp_path}/ckpt.index") == f"{tmp_path}/ckpt.index"

    @pytest.mark.parametrize("name", ["ckpt-8", "ckpt-8.index", "ckpt-7.txt", "ckpt", ""])
    def test_that_is_not_there(self, run, tmp_path, name):
        _copy_run(run, tmp_path / "run", "ckpt-7")
        path = f"{tmp_path}/run/{name}" if name else ""
        error = _error(path)
        prefix = path.removesuffix(".index")
        assert error.problem == f"There is no checkpoint {path} (no file {prefix}.index)."
        assert "relative paths count from the current folder" in error.hint

    def test_without_its_index(self, run, tmp_path):
        _copy_run(run, tmp_path, "ckpt-6", "ckpt-7")
        (tmp_path / "ckpt-7.index").unlink()
        error = _error(tmp_path / "ckpt-7")
        assert error.details == ("ckpt-7.index: missing",)
        assert error.hint.endswith(f"{tmp_path}/ckpt-6")

    def test_without_one_of_many_data_files(self, tmp_path):
        (tmp_path / "ckpt-7.index").touch()
        path = f"{tmp_path}/ckpt-7.data-00001-of-00002"
        Path(path).touch()
        assert _error(path).details == (
            "ckpt-7.data-00000-of-00002: missing",
            "ckpt-7.index: empty",
        )

    def test_needs_no_tensorflow(self, run):
        code = (
            "import sys; from odapi_ssd.checkpoints.paths import resolve_checkpoint;"
            f"resolve_checkpoint({run + '.index'!r});"
            "sys.exit('tensorflow' in sys.modules)"
        )
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.tf
class TestAFolder:
    def test_its_newest(self, run, tmp_path):
        _copy_run(run, tmp_path, "ckpt-7", "ckpt-10", "ckpt-9")
        (tmp_path / "checkpoint").write_text('model_checkpoint_path: "ckpt-10"')
        warnings = []
        assert resolve_checkpoint(tmp_path, warnings.append) == f"{tmp_path}/ckpt-10"
        assert resolve_checkpoint(f"{tmp_path}/", warnings.append) == f"{tmp_path}/ckpt-10"
        assert warnings == []

    def test_the_files_of_the_newest_are_gone(self, run, tmp_path):
        _copy_run(run, tmp_path, "ckpt-9", "ckpt-10")
        (tmp_path / "checkpoint").write_text('model_checkpoint_path: "ckpt-11"')
        warnings = []
        assert resolve_checkpoint(tmp_path, warnings.append) == f"{tmp_path}/ckpt-10"
        (warning,) = warnings
        assert "names ckpt-11, which is not there: ckpt-10, the newest" in warning

    def test_an_export_names_the_checkpoint_in_its_folder(self, run, tmp_path):
        _copy_run(run, tmp_path / "checkpoint", "ckpt-0")
        assert _error(tmp_path).hint == (
            f"name one of the checkpoints right below it: {tmp_path}/checkpoint/ckpt-0."
        )
        assert resolve_checkpoint(tmp_path / "checkpoint") == f"{tmp_path}/checkpoint/ckpt-0"

    def test_whose_name_looks_like_a_pattern(self, run, tmp_path):
        folder = tmp_path / "run[1]*"
        _copy_run(run, folder, "ckpt-0")
        assert resolve_checkpoint(folder) == f"{folder}/ckpt-0"

    def test_without_any(self, tmp_path):
        error = _error(tmp_path)
        assert error.problem == f"{tmp_path} holds no checkpoint."
        assert "--model_dir" in error.hint


@pytest.mark.tf
class TestARemotePath:
    """TensorFlow's file system in memory stands for any remote one."""

    def test_as_a_local_one(self, run):
        import tensorflow as tf

        folder = "ram://resolve_checkpoint"
        for name in ("run/ckpt-7", "run/ckpt-8", "export/checkpoint/ckpt-0"):
            tf.io.gfile.makedirs(f"{folder}/{name.rpartition('/')[0]}")
            for suffix in (".index", ".data-00000-of-00001"):
                tf.io.gfile.copy(f"{run}{suffix}", f"{folder}/{name}{suffix}")
        with tf.io.gfile.GFile(f"{folder}/run/checkpoint", "w") as file:
            file.write('model_checkpoint_path: "ckpt-7"')
        assert resolve_checkpoint(f"{folder}/run/ckpt-7.index") == f"{folder}/run/ckpt-7"
        assert resolve_checkpoint(f"{folder}/run") == f"{folder}/run/ckpt-7"
        assert f": {folder}/export/checkpoint/ckpt-0." in _error(f"{folder}/export").hint
        assert "There is no checkpoint ram://" in _error(f"{folder}/run/ckpt-9").problem
        tf.io.gfile.remove(f"{folder}/run/ckpt-7.index")
        assert resolve_checkpoint(f"{folder}/run") == f"{folder}/run/ckpt-8"
