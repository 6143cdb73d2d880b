"""`odapi-ssd evaluate` as a process."""

import json
import shutil

import pytest

from tests.support.command_line import run_odapi_ssd, start_odapi_ssd
from tests.support.saved_checkpoints import data_file, truncate
from tests.support.small_disk import small_disk

pytestmark = [pytest.mark.tf, pytest.mark.slow]


def _evaluate(config_path, checkpoint, output_dir, **options):
    return run_odapi_ssd(
        "evaluate", "--pipeline_config_path", config_path,
        "--checkpoint_dir", checkpoint, "--output_dir", output_dir, **options,
    )  # fmt: skip


def test_the_table_has_a_line_per_class_and_the_mean(trained_run, tmp_path):
    done = _evaluate(trained_run.config_path, trained_run.model_dir, tmp_path)
    assert done.returncode == 0, done.stderr
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    num_images = metrics["num_images"]
    counts, table = done.stdout.split("Step 7", maxsplit=1)
    assert counts.endswith(f"Evaluating images: {num_images}/{num_images}\n")
    lines = [line.split() for line in table.splitlines()]
    assert lines[0] == [",", str(num_images), "images"]
    assert lines[1] == ["class", "objects", "AP@0.5"]
    expected = {name: f"{ap:.3f}" for name, ap in metrics["per_class"].items()}
    num_objects = metrics["num_objects"]
    assert lines[2:5] == [[name, str(num_objects[name]), ap] for name, ap in expected.items()]
    total = str(sum(num_objects.values()))
    assert lines[5] == ["mAP@0.5", total, f"{metrics['mAP@0.5']:.3f}"]
    assert lines[6:] == [["Written:", str(tmp_path / "metrics.json")]]
    # Nothing of TensorFlow's start-up noise: at most warnings of the check.
    assert all(line.startswith("Warning:") for line in done.stderr.splitlines()), done.stderr


def test_no_checkpoint_is_one_message(trained_run, tmp_path):
    done = _evaluate(trained_run.config_path, tmp_path, tmp_path / "out")
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: {tmp_path} holds no checkpoint")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_full_disk_loses_no_scores(trained_run, tmp_path):
    with small_disk(tmp_path / "disk", 4096) as disk:
        disk.fill()
        done = _evaluate(
            trained_run.config_path,
            trained_run.model_dir,
            disk.path / "out" if disk.preexec_fn else disk.path,
            preexec_fn=disk.preexec_fn,
        )
    assert done.returncode == 1
    assert "mAP@0.5" in done.stdout
    assert "Written" not in done.stdout
    error = next(line for line in done.stderr.splitlines() if line.startswith("Error: "))
    assert f"{disk.path}" in error
    assert "Traceback" not in done.stderr


def test_a_pipe_that_nobody_reads_loses_no_scores(trained_run, tmp_path):
    process = start_odapi_ssd(
        "evaluate", "--pipeline_config_path", trained_run.config_path,
        "--checkpoint_dir", trained_run.model_dir, "--output_dir", tmp_path / "out",
    )  # fmt: skip
    for line in process.stdout:
        if line.startswith("Evaluating images: "):  # what follows is the table
            process.stdout.close()
            break
    _, errors = process.communicate(timeout=600)
    assert process.returncode == 1
    assert "Interrupted (standard output was closed)." in errors
    assert json.loads((tmp_path / "out" / "metrics.json").read_text())["per_class"]


def test_what_a_killed_command_left_and_cannot_be_undone_is_said(trained_run, tmp_path):
    left = tmp_path / ".incomplete-odapi-ssd-killed"
    for folder in ("old", "new"):
        (left / folder).mkdir(parents=True)
    (left / "publishing.json").write_text("{")
    done = _evaluate(trained_run.config_path, trained_run.model_dir, tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"Warning: {left} was left by a command that was killed" in done.stderr


def test_a_run_whose_newest_checkpoint_is_damaged(trained_run, tmp_path):
    shutil.copytree(trained_run.model_dir, tmp_path / "run")
    truncate(data_file(f"{tmp_path}/run/ckpt-3"), 10_000)
    done = _evaluate(trained_run.config_path, tmp_path / "run", tmp_path / "out")
    assert done.returncode == 1
    assert done.stdout == ""
    first, detail, remedy = done.stderr.splitlines()
    assert first == f"Error: The checkpoint {tmp_path}/run/ckpt-3 cannot be used:"
    assert detail.startswith("  - ckpt-3.data-00000-of-00001: truncated (10,000 of ")
    assert remedy.endswith(f"to go on from there: --checkpoint_dir {tmp_path}/run/ckpt-2")
