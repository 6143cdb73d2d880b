"""Placeholders of sample configs, and remedies for paths that do not exist."""

from pathlib import Path

from odapi_ssd.config.paths import is_placeholder, relative_path_remedy


def test_placeholders():
    assert is_placeholder("PATH_TO_BE_CONFIGURED/train.record-?????-of-00100")
    assert not is_placeholder("data/voc/train.record-*")
    assert not is_placeholder("")


def test_relative_paths_count_from_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert relative_path_remedy().endswith(f"the current folder, {Path.cwd()}")
