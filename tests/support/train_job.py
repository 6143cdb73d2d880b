"""`train` under faults: its checkpoints."""

import contextlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.support.fault_trials import undisturbed_seconds
from tests.support.faults import FULL_DISK, KILL, USER_FILES, Job, Outcome, Tree, tree_of
from tests.support.watched_process import Ended, WatchedProcess

__all__ = ["NUM_STEPS", "TrainJob"]

NUM_STEPS = 160
_EARLIER_STEPS = 20
_STEP_NAME = "step/.ATTRIBUTES/VARIABLE_VALUE"
_CHECKPOINT_FILE = re.compile(r"(ckpt-\d+)\.(index|data-\d{5}-of-\d{5})")
_OTHER_OUTPUT = re.compile(r"\./|checkpoint|trained_with\.config|train/(events\.out\.\S+)?")


class TrainJob(Job):
    """A training of a few hundred steps, into an empty folder or going on from step 20.

    No checkpoint is removed for there being too many.
    """

    command = "train"
    lock_name = ".odapi-ssd-train.lock"

    def __init__(self, config_path: Path, folder: Path, checkpoint_every_n: int):
        """Runs it once, undisturbed.

        Args:
            config_path: the pipeline config.
            folder: an empty one, for that run and an earlier one.
            checkpoint_every_n: steps between checkpoints.
        """
        self._config_path, self._every_n = config_path, checkpoint_every_n
        self._earlier = folder / "earlier"
        few = self._arguments(self._earlier, _EARLIER_STEPS, _EARLIER_STEPS // 2)
        assert WatchedProcess(few, folder / "few").finish().status == 0
        self.work_seconds = undisturbed_seconds(self, folder / "complete", folder / "undisturbed")
        assert self.wrong_result(folder / "complete") == []
        checkpoint = (folder / "complete").glob("ckpt-2.data*")
        self.disk_bytes = 2 * next(checkpoint).stat().st_size

    def _arguments(self, out: Path, num_steps: int, every_n: int) -> list[object]:
        return [
            "train", "--pipeline_config_path", self._config_path, "--model_dir", out,
            "--num_train_steps", num_steps, "--checkpoint_every_n", every_n,
        ]  # fmt: skip

    def arguments(self, out: Path) -> list[object]:
        return self._arguments(out, NUM_STEPS, self._every_n)

    def add_earlier(self, out: Path) -> None:
        shutil.copytree(self._earlier, out)

    def is_writing(self, out: Path) -> bool:
        """Whether a checkpoint with weights is being written."""
        with contextlib.suppress(FileNotFoundError):  # it is over between two looks
            return any(out.glob("ckpt-*_temp/*")) and any(out.glob("ckpt-[2-9]*"))
        return False

    def lost(self, before: Tree, out: Path, ended: Ended, outcome: Outcome) -> list[str]:
        """Earlier checkpoints are as they were, reported ones and the end's step can be read."""
        now = tree_of(out)
        lost = [
            f"{name} is lost or not as it was"
            for name in before
            if (name in USER_FILES or name.startswith("ckpt-")) and now.get(name) != before[name]
        ]
        reported = dict(re.findall(r"saved \S*/(ckpt-\d+) \(step (\d+)\)", ended.output))
        for name, step in reported.items():
            lost += _unreadable(out / name, int(step))
        newest = newest_step(out)
        if newest < max([0, *map(int, reported.values())]) and reported:
            lost.append(f"the newest checkpoint has step {newest}, reported were {reported}")
        can_save = outcome.fault not in (KILL, FULL_DISK)
        if can_save and "] step " in ended.output and ended.status != 0:
            lost += _lost_last_step(before, newest, ended)
        return lost

    def own_leftovers(self, before: Tree, out: Path) -> list[str]:
        now = tree_of(out)
        checkpoints: dict[str, set[str]] = {}
        left = []
        for name in now:
            if match := _CHECKPOINT_FILE.fullmatch(name):
                checkpoints.setdefault(match[1], set()).add(match[2])
            elif name not in before and not _OTHER_OUTPUT.fullmatch(name):
                left.append(name)
        return left + [
            f"{name}: only {kinds}" for name, kinds in checkpoints.items() if len(kinds) != 2
        ]

    def wrong_result(self, out: Path) -> list[str]:
        step = newest_step(out)
        return [] if step == NUM_STEPS else [f"the newest checkpoint has step {step}"]


def newest_step(model_dir: Path) -> int:
    """The step of a folder's newest checkpoint, as TensorFlow finds it; -1 for none."""
    import tensorflow as tf

    prefix = tf.train.latest_checkpoint(str(model_dir))
    return -1 if prefix is None else int(tf.train.load_variable(prefix, _STEP_NAME))


def _lost_last_step(before: Tree, newest: int, ended: Ended) -> Iterator[str]:
    """Checks that the step of the end is saved, which is none of those saved regularly."""
    announced = re.findall(r"saving step (\d+)", ended.output)
    if announced and newest != int(announced[-1]):
        yield f"step {announced[-1]} was to be saved, {newest} is the newest"
    start = _EARLIER_STEPS if any(name.startswith("ckpt-") for name in before) else 0
    if newest <= start:
        yield f"step {newest} is the newest, though steps were done after step {start}"


def _unreadable(prefix: Path, step: int) -> list[str]:
    """What is wrong with a checkpoint: every tensor is read."""
    import tensorflow as tf

    try:
        reader = tf.train.load_checkpoint(str(prefix))
        values = {
            name: np.asarray(reader.get_tensor(name)) for name in reader.get_variable_to_shape_map()
        }
    except (tf.errors.OpError, ValueError, IndexError, RuntimeError) as error:
        return [f"{prefix.name}, reported as saved: {error}"]
    wrong = [] if values[_STEP_NAME] == step else [f"{prefix.name} has step {values[_STEP_NAME]}"]
    floats = {name: value for name, value in values.items() if value.dtype == np.float32}
    return wrong + [name for name, value in floats.items() if not np.isfinite(value).all()]
