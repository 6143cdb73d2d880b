"""`odapi-ssd train` as a process: what it prints, and that Ctrl-C loses nothing."""

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

from odapi_ssd.checkpoints.trained_config import NOTE_NAME
from odapi_ssd.config.files import load_config, save_config
from tests.support.command_line import run_odapi_ssd
from tests.support.runs import saved_steps

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
    assert errors.strip().splitlines()[-1] == "Interrupted (Ctrl-C)."
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


def test_a_directory_of_another_model_is_refused_with_one_message(
    trained_run, tiny_config_path, tmp_path
):
    other_path = tmp_path / "other.config"
    anchors = "model.ssd.anchor_generator.ssd_anchor_generator"
    save_config(load_config(tiny_config_path, [f"{anchors}.min_scale=0.1"]), other_path)
    completed = run_odapi_ssd(
        "train", "--pipeline_config_path", other_path, "--model_dir", trained_run.model_dir
    )
    assert completed.returncode == 1
    message = completed.stderr[completed.stderr.index("Error: ") :]
    assert message.splitlines() == [
        f"Error: {trained_run.model_dir} holds a run of another model than the config describes:",
        f"  - {anchors}.min_scale is 0.2 there and 0.1 in the config",
        "What to do: give another --model_dir, or go on with that run's config, "
        f"{trained_run.model_dir / NOTE_NAME}.",
    ]
    assert saved_steps(trained_run.model_dir) == [0, 5, 7]
