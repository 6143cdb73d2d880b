"""`odapi-ssd train` as a process: what it says, and that Ctrl-C loses nothing."""

import re
import signal
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.tf, pytest.mark.slow]


def _start(config_path, model_dir, num_steps) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", "-m", "odapi_ssd", "train", "--alsologtostderr"]
    command += ["--pipeline_config_path", config_path, "--model_dir", model_dir]
    command += [f"--num_train_steps={num_steps}", "-checkpoint_every_n=100000"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _saved_steps(output: str) -> list[int]:
    return [int(step) for step in re.findall(r"saved .* \(step (\d+)\)", output)]


def test_ctrl_c_saves_the_step_and_the_same_command_goes_on(tiny_config_path, tmp_path):
    process = _start(tiny_config_path, tmp_path / "model", 100_000)
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "] step 1/" in line:
            break
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert errors.strip().splitlines()[-1] == "Interrupted."
    assert lines[0] == "[0:00] Starting TensorFlow\n"
    saved = _saved_steps("".join(lines) + output)
    assert saved[0] == 0
    assert len(saved) == 2
    assert saved[1] >= 1

    process = _start(tiny_config_path, tmp_path / "model", saved[1] + 1)
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert f"Resuming from {tmp_path / 'model' / 'ckpt-2'}" in output
    assert _saved_steps(output) == [saved[1] + 1]
    # Nothing of TensorFlow's start-up noise: at most warnings of the check.
    assert all(line.startswith("Warning:") for line in errors.splitlines()), errors
