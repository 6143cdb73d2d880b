import errno
import os
from pathlib import Path

import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.staging import publish, staging_folder


def contents(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_files_replace_those_of_the_same_name_and_stale_ones_go(tmp_path):
    for name in ("same", "stale", "foreign"):
        (tmp_path / name).write_text("old")
    with staging_folder(tmp_path) as staging:
        (staging / "same").write_text("new")
        (staging / "fresh").write_text("new")
        publish(staging, tmp_path, ["stale", "same", "never was"])
    assert contents(tmp_path) == {"same": "new", "fresh": "new", "foreign": "old"}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OdapiError("no"), ValueError("no")])
def test_failure_leaves_no_trace(tmp_path, error):
    def write(staging):
        (staging / "x").write_text("x")
        raise error

    with pytest.raises(type(error)), staging_folder(tmp_path / "a" / "b") as staging:
        write(staging)
    assert list(tmp_path.iterdir()) == []


def test_disk_full_is_a_clear_error(tmp_path):
    with pytest.raises(OdapiError, match="No space left"), staging_folder(tmp_path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_output_that_is_a_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OdapiError, match="Cannot write"), staging_folder(tmp_path / "file"):
        pass


@pytest.mark.parametrize("failing_call", [2, 3, 4])
def test_failure_while_moving_puts_all_back(tmp_path, monkeypatch, failing_call):
    for name in ("a", "b"):
        (tmp_path / name).write_text("old")
    rename, num_calls = Path.rename, 0

    def rename_or_fail(source, target):
        nonlocal num_calls
        num_calls += 1
        if num_calls == failing_call:
            raise KeyboardInterrupt
        return rename(source, target)

    def replace_both(staging):
        for name in ("a", "b"):
            (staging / name).write_text("new")
        monkeypatch.setattr(Path, "rename", rename_or_fail)
        publish(staging, tmp_path)

    with pytest.raises(KeyboardInterrupt), staging_folder(tmp_path) as staging:
        replace_both(staging)
    assert num_calls > failing_call  # It has put back what it had moved.
    assert contents(tmp_path) == {"a": "old", "b": "old"}
