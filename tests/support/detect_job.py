"""`detect` under faults: what is done when it ends is kept."""

import contextlib
import json
from pathlib import Path
from typing import Any

from odapi_ssd.outputs.leftovers import WORK_PREFIX
from tests.support.atomic_job import AtomicJob, write_earlier
from tests.support.faults import KILL, USER_FILES, Outcome, Tree, tree_of
from tests.support.watched_process import Ended

__all__ = ["DetectJob"]

_OLD = "old.png"
_EARLIER = {"detections.json": "[]\n", _OLD: "drawn\n"}


class DetectJob(AtomicJob):
    """Detection on many images; the entries of an undisturbed run say what it should find."""

    def __init__(self, exported_dir: Path, images_dir: Path, folder: Path):
        """Runs it once, undisturbed.

        Args:
            exported_dir: of `export`.
            images_dir: the images.
            folder: an empty one.
        """
        super().__init__(
            "detect",
            lambda out: [
                "--saved_model_dir", exported_dir / "saved_model",
                "--label_map_path", exported_dir / "label_map.pbtxt",
                "--output_dir", out, "--min_score", 0.02, images_dir,
            ],
            lambda out: write_earlier(out, "detect", _EARLIER),
            folder,
        )  # fmt: skip
        self._entries = _read_entries(folder / "complete")
        assert len(self._entries) == len(list(images_dir.iterdir()))
        assert sum(len(entry["detections"]) for entry in self._entries) > len(self._entries)

    def num_done(self, out: Path) -> int:
        """How many drawn images are in the staging folder; the last one may be incomplete."""
        with contextlib.suppress(FileNotFoundError):  # they have been moved in place
            drawn = list(out.glob(f"{WORK_PREFIX}*/new/*.jpg"))
            return max(0, len(drawn) - 1)
        return 0

    def lost(self, before: Tree, out: Path, ended: Ended, outcome: Outcome) -> list[str]:
        """The images that were done are there, with what an undisturbed run finds in them."""
        now = tree_of(out)
        if outcome.fault == KILL or (now == before and not outcome.num_done):
            return super().lost(before, out, ended, outcome)
        entries = _read_entries(out)
        names = {entry["picture"] for entry in entries}
        lost = [f"{name} is not there" for name in names if name not in now]
        lost += [f"{name} is in no entry" for name in now if _is_extra(name, names)]
        if entries != self._entries[: len(entries)]:
            lost.append("the entries are not those of an undisturbed run")
        if any(now.get(name) != self.complete[name] for name in names):
            lost.append("the drawn images are not those of an undisturbed run")
        is_complete = len(entries) == len(self._entries)
        if _OLD in before and (_OLD in now) == is_complete:
            lost.append("earlier drawn images stay until all are drawn again, and no longer")
        if len(entries) < outcome.num_done:
            lost.append(f"{len(entries)} images of {outcome.num_done} that were done")
        return lost


def _is_extra(name: str, names: set[str]) -> bool:
    known = ("./", ".odapi-ssd.json", "detections.json", _OLD, *USER_FILES, *names)
    return name not in known


def _read_entries(out: Path) -> Any:
    return json.loads((out / "detections.json").read_text())
