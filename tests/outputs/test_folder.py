import errno
import os
import signal
from pathlib import Path

import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.interrupts import Interrupted, ended_by_signals
from odapi_ssd.outputs.folder import output_folder
from odapi_ssd.outputs.manifest import MANIFEST_NAME, files_below
from tests.support.interrupted_process import end_with, start_python


def _write(folder, files, stale=(), *, command="convert", overwrite=False):
    with output_folder("output_dir", folder, command, overwrite=overwrite) as outputs:
        for name, text in files.items():
            (outputs.staging / name).parent.mkdir(exist_ok=True)
            (outputs.staging / name).write_text(text)
        outputs.publish(stale)


def _contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in files_below(folder)
        if path.name != MANIFEST_NAME
    }


def _names(folder):
    return {path.name for path in folder.iterdir()}


class TestPublishing:
    def test_own_files_are_replaced_and_foreign_ones_stay(self, tmp_path):
        (tmp_path / "foreign").write_text("mine")
        _write(tmp_path, {"a": "1", "sub/b": "1", "stale": "1", "kept": "1"})
        _write(tmp_path, {"a": "2", "sub/c": "2"}, stale=["stale", "never was"])
        assert _contents(tmp_path) == {"a": "2", "sub/c": "2", "kept": "1", "foreign": "mine"}
        assert _names(tmp_path) == {"a", "sub", "kept", "foreign", MANIFEST_NAME}

    @pytest.mark.parametrize("name", ["a", "sub", "stale"])
    def test_what_is_in_the_way_is_named_and_nothing_changed(self, tmp_path, name):
        path = tmp_path / (f"{name}/notes.txt" if name == "sub" else name)
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
        with pytest.raises(OdapiError) as caught:
            _write(tmp_path, {"a": "1", "sub/b": "1"}, stale=["stale"])
        assert str(path) in caught.value.problem
        assert "--output_dir" in caught.value.problem
        assert "--overwrite" in caught.value.hint
        assert list(_contents(tmp_path).values()) == ["mine"]
        assert _names(tmp_path) == {name}

    @pytest.mark.parametrize("name", ["a", "sub", "stale"])
    def test_with_overwrite_it_is_replaced(self, tmp_path, name):
        path = tmp_path / (f"{name}/notes.txt" if name == "sub" else name)
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
        _write(tmp_path, {"a": "1", "sub/b": "1"}, stale=["stale"], overwrite=True)
        assert _contents(tmp_path) == {"a": "1", "sub/b": "1"}

    def test_an_edited_file_is_in_the_way(self, tmp_path):
        _write(tmp_path, {"a": "1"})
        (tmp_path / "a").write_text("2")
        with pytest.raises(OdapiError, match="edited since"):
            _write(tmp_path, {"a": "3"})
        assert _contents(tmp_path) == {"a": "2"}

    def test_another_commands_file_is_in_the_way(self, tmp_path):
        _write(tmp_path, {"a": "1"})
        with pytest.raises(OdapiError, match="an earlier detect did not write"):
            _write(tmp_path, {"a": "2"}, command="detect")

    def test_commands_share_a_folder(self, tmp_path):
        _write(tmp_path, {"a": "1"})
        _write(tmp_path, {"b": "1"}, command="detect")
        _write(tmp_path, {"a": "2"})
        _write(tmp_path, {"b": "2"}, command="detect")
        assert _contents(tmp_path) == {"a": "2", "b": "2"}

    def test_the_same_content_is_not_in_the_way(self, tmp_path):
        (tmp_path / "a").write_text("same")
        _write(tmp_path, {"a": "same"})
        _write(tmp_path, {"a": "other"})  # it is the command's own now
        assert _contents(tmp_path) == {"a": "other"}

    @pytest.mark.parametrize("is_folder", [True, False])
    def test_neither_file_nor_folder_replaces_the_other(self, tmp_path, is_folder):
        (tmp_path / "x").mkdir() if is_folder else (tmp_path / "x").write_text("mine")
        with pytest.raises(OdapiError, match="x is a f"):
            _write(tmp_path, {"x" if is_folder else "x/b": "1", "a": "1"}, overwrite=True)
        assert _names(tmp_path) == {"x"}


class TestAsking:
    def test_own_names(self, tmp_path):
        _write(tmp_path, {"a": "1", "b": "1", "sub/c": "1", "gone": "1"})
        _write(tmp_path, {"other": "1"}, command="detect")
        (tmp_path / "b").write_text("edited")
        (tmp_path / "gone").unlink()
        with output_folder("output_dir", tmp_path, "convert") as outputs:
            assert outputs.own_names() == ["a", "sub"]

    def test_is_own(self, tmp_path):
        _write(tmp_path, {"a": "1", "b": "1"})
        (tmp_path / "b").write_text("edited")
        (tmp_path / "c").write_text("mine")
        with output_folder("output_dir", tmp_path, "convert") as outputs:
            own = [name for name in ("a", "b", "c", "none") if outputs.is_own(name)]
        assert own == ["a"]

    def test_the_content_that_will_be_written_is_not_in_the_way(self, tmp_path):
        (tmp_path / "a").write_text("mine")
        with output_folder("output_dir", tmp_path, "convert") as outputs:
            outputs.require_replaceable([], {"a": b"mine", "free": b"mine"})
            with pytest.raises(OdapiError, match=f"{tmp_path / 'a'}"):
                outputs.require_replaceable(["a"], {"a": b"other"})

    def test_names_can_be_refused_before_the_work(self, tmp_path):
        _write(tmp_path, {"a": "1"})
        (tmp_path / "b").write_text("mine")
        with output_folder("output_dir", tmp_path, "convert") as outputs:
            outputs.require_replaceable(["a", "free"])
            with pytest.raises(OdapiError, match=f"{tmp_path / 'b'}"):
                outputs.require_replaceable(["a", "b"])
        with output_folder("output_dir", tmp_path, "convert", overwrite=True) as outputs:
            outputs.require_replaceable(["a", "b"])


class TestFailure:
    @pytest.mark.parametrize("error", [KeyboardInterrupt(), OdapiError("no"), ValueError("no")])
    def test_it_leaves_no_trace(self, tmp_path, error):
        def write(staging):
            (staging / "x").write_text("x")
            raise error

        with (
            pytest.raises(type(error)),
            output_folder("output_dir", tmp_path / "a" / "b", "convert") as outputs,
        ):
            write(outputs.staging)
        assert list(tmp_path.iterdir()) == []

    def test_what_is_not_published_goes(self, tmp_path):
        with output_folder("output_dir", tmp_path, "convert") as outputs:
            (outputs.staging / "x").write_text("x")
        assert list(tmp_path.iterdir()) == []

    def test_a_full_disk_is_a_clear_error(self, tmp_path):
        with (
            pytest.raises(OdapiError, match="the disk is full"),
            output_folder("output_dir", tmp_path, "convert"),
        ):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    @pytest.mark.parametrize("error_class", [PermissionError, FileNotFoundError])
    def test_an_error_about_another_file_passes_unchanged(self, tmp_path, error_class):
        error = error_class(errno.EACCES, "no", str(tmp_path / "elsewhere"))
        with (
            pytest.raises(error_class) as caught,
            output_folder("output_dir", tmp_path / "out", "convert"),
        ):
            raise error
        assert caught.value is error
        assert list(tmp_path.iterdir()) == []

    def test_an_error_that_names_no_file_passes_unchanged(self, tmp_path):
        with pytest.raises(BrokenPipeError), output_folder("output_dir", tmp_path, "convert"):
            raise BrokenPipeError(errno.EPIPE, "no")

    def test_an_error_within_the_output_is_a_clear_error(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with (
            pytest.raises(OdapiError, match="Cannot write to out"),
            output_folder("output_dir", Path("out"), "convert") as outputs,
        ):
            (outputs.staging / "gone" / "x").write_text("x")

    @pytest.mark.parametrize("below", ["", "sub"])
    def test_a_file_in_place_of_the_folder_is_a_clear_error(self, tmp_path, below):
        (tmp_path / "file").write_text("mine")
        with (
            pytest.raises(OdapiError, match="Cannot write to"),
            output_folder("output_dir", tmp_path / "file" / below, "convert"),
        ):
            pass
        assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("folder", ["gs://bucket/run", Path("gs://bucket/run"), "hdfs://host/a"])
def test_a_remote_folder_is_refused(folder):
    with (
        pytest.raises(OdapiError, match="is on a remote file system"),
        output_folder("output_dir", folder, "convert"),
    ):
        pass


@pytest.mark.parametrize("name", ["gs", "a:b", "a:/b"])
def test_a_colon_alone_makes_no_folder_remote(tmp_path, name):
    _write(tmp_path / name, {"a": "1"})


class TestTwoProcesses:
    _WRITE = (
        "import sys, time; from pathlib import Path\n"
        "from odapi_ssd import interrupts\n"
        "from odapi_ssd.outputs.folder import output_folder\n"
        "with interrupts.ended_by_signals(), output_folder('o', sys.argv[1], 'convert') as out:\n"
        "    (out.staging / 'a').write_text('1')\n"
        "    print('ready', flush=True); time.sleep(60)\n"
    )

    def test_a_second_one_is_refused_at_once(self, tmp_path):
        process = start_python(self._WRITE, tmp_path / "out")
        with pytest.raises(OdapiError, match=f"process {process.pid} "):
            _write(tmp_path / "out", {"a": "2"})
        end_with(process, signal.SIGKILL)

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_one_that_is_ended_leaves_nothing(self, tmp_path, number):
        status, _ = end_with(start_python(self._WRITE, tmp_path / "out"), number)
        assert status != 0
        assert list(tmp_path.iterdir()) == []

    def test_what_a_killed_one_leaves_is_cleared_by_the_next(self, tmp_path):
        end_with(start_python(self._WRITE, tmp_path / "out"), signal.SIGKILL)
        assert len(_names(tmp_path / "out")) == 2  # its lock file and its work folder
        _write(tmp_path / "out", {"b": "1"})
        assert _names(tmp_path / "out") == {"b", MANIFEST_NAME}


def test_a_signal_during_publication_waits_until_all_is_in_place(tmp_path, monkeypatch):
    rename = Path.rename

    def rename_and_signal(source, target):
        rename(source, target)
        signal.raise_signal(signal.SIGTERM)

    def publish():
        with output_folder("output_dir", tmp_path, "convert") as outputs:
            for name in ("a", "b"):
                (outputs.staging / name).write_text("1")
            monkeypatch.setattr(Path, "rename", rename_and_signal)
            outputs.publish()

    with pytest.raises(Interrupted), ended_by_signals():
        publish()
    assert _names(tmp_path) == {"a", "b", MANIFEST_NAME}
