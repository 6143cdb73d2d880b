"""The command `anchors`."""

import pytest

from tests.support.anchor_checks import SSD_ANCHORS, names_in
from tests.support.command_line import run_odapi_ssd


@pytest.mark.tf
class TestCommand:
    def _run(self, *arguments):
        return run_odapi_ssd("anchors", *arguments)

    def test_tables_and_files(self, tiny_config_path, tmp_path):
        given = ("--pipeline_config_path", tiny_config_path, "--output_dir", tmp_path)
        completed = self._run(*given, "--set", f"{SSD_ANCHORS}.min_scale=0.5")
        assert completed.returncode == 0, completed.stderr
        assert completed.stderr == ""
        assert "in pixels of the input (height 96, width 128)" in completed.stdout
        for word in ("matched", "recall", "best for", "only forced", "medium", "mean best IoU"):
            assert word in completed.stdout
        # the second shape of layer 0: half the shorter side, twice as wide as high
        assert "33.9   67.9   2.00" in completed.stdout
        assert len(names_in(tmp_path)) == 4

    def test_statuses(self, tiny_config_path, tmp_path):
        given = ("--pipeline_config_path", tiny_config_path, "--output_dir", tmp_path / "out")
        assert self._run(*given, "--split", "test").returncode == 2
        completed = self._run(*given, "--image", tmp_path / "none.png")
        assert completed.returncode == 1
        assert completed.stderr.startswith("Error: none.png: cannot be read")
        assert "Traceback" not in completed.stderr
        assert not (tmp_path / "out").exists()
