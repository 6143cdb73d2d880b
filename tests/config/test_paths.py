"""Placeholders of sample configs, remote paths, and remedies for paths that do not exist."""

from pathlib import Path

import pytest

from odapi_ssd.config.paths import is_placeholder, is_remote, relative_path_remedy


def test_placeholders():
    assert is_placeholder("PATH_TO_BE_CONFIGURED/train.record-?????-of-00100")
    assert not is_placeholder("data/voc/train.record-*")
    assert not is_placeholder("")


@pytest.mark.parametrize(
    ("path", "expected"),
    [("gs://bucket/a", True), ("/data/a", False), ("a", False), ("C:/a", False)],
)
def test_is_remote(path, expected):
    assert is_remote(path) is expected


def test_relative_paths_count_from_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert relative_path_remedy().endswith(f"the current folder, {Path.cwd()}")
