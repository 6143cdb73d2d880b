"""The command `check`."""

import pytest

from tests.support.command_line import run_odapi_ssd


@pytest.mark.tf
def test_table_and_exit_status(tiny_config_path):
    def run(*arguments):
        return run_odapi_ssd("check", "--pipeline_config_path", tiny_config_path, *arguments)

    done = run()
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("OK\n")
    # 6·8·3 + (3·4 + 2² + 1²)·4
    assert "212 on feature maps of 6x8, 3x4, 2x2, 1x1" in done.stdout
    done = run("--set", "train_config.num_steps=0")
    assert done.returncode == 1
    assert "train_config.num_steps: is 0" in done.stderr
    assert "Traceback" not in done.stderr
