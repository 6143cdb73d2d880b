"""`odapi-ssd train` as a process: what it says, and that Ctrl-C loses nothing."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading

import pytest

pytestmark = [pytest.mark.tf, pytest.mark.slow]


@contextlib.contextmanager
def _started(config_path, model_dir, num_steps, *more, **environment):
    """A training process, which does not outlive the test and is killed if it hangs."""
    command = [sys.executable, "-u", "-m", "odapi_ssd", "train", "--alsologtostderr"]
    command += ["--pipeline_config_path", config_path, "--model_dir", model_dir]
    command += [f"--num_train_steps={num_steps}", "-checkpoint_every_n=100000", *more]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    watchdog = threading.Timer(900, process.kill)
    watchdog.start()
    try:
        yield process
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


def _saved_steps(output: str) -> list[int]:
    return [int(step) for step in re.findall(r"saved .* \(step (\d+)\)", output)]


def test_ctrl_c_saves_the_step_and_the_same_command_goes_on(tiny_config_path, tmp_path):
    lines = []
    with _started(tiny_config_path, tmp_path / "model", 20_000) as process:
        for line in process.stdout:
            lines.append(line)
            if "] step 1/" in line:
                break
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate()
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert errors.strip().splitlines()[-1] == "Interrupted."
    assert lines[0] == "[0:00] Starting TensorFlow\n"
    saved = _saved_steps("".join(lines) + output)
    assert saved[0] == 0
    assert len(saved) == 2
    assert saved[1] >= 1

    with _started(tiny_config_path, tmp_path / "model", saved[1] + 1) as process:
        output, errors = process.communicate()
    assert process.returncode == 0, errors
    assert f"Resuming from {tmp_path / 'model' / 'ckpt-2'}" in output
    assert _saved_steps(output) == [saved[1] + 1]
    # Nothing of TensorFlow's start-up noise: at most warnings of the check.
    assert all(line.startswith("Warning:") for line in errors.splitlines()), errors


def test_a_worker_joins_its_cluster(tiny_config_path, tmp_path):
    """MultiWorkerMirroredStrategy, with a cluster of one; nothing may start TensorFlow before."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    cluster = {
        "cluster": {"worker": [f"127.0.0.1:{port}"]},
        "task": {"type": "worker", "index": 0},
    }
    with _started(
        tiny_config_path, tmp_path, 2, "--num_workers=2", TF_CONFIG=json.dumps(cluster)
    ) as process:
        output, errors = process.communicate()
    assert process.returncode == 0, errors
    assert _saved_steps(output) == [0, 2]
