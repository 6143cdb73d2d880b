"""Commands whose output appears complete or not at all, under faults."""

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from odapi_ssd.outputs.folder import output_folder
from odapi_ssd.outputs.leftovers import WORK_PREFIX
from tests.support.fault_trials import undisturbed_seconds
from tests.support.faults import KILL, USER_FILES, Job, Outcome, Tree, tree_of
from tests.support.watched_process import Ended

__all__ = ["AtomicJob", "write_earlier"]


class AtomicJob(Job):
    """A command that publishes its output folder at its end.

    Attributes:
        complete: the output folder of an undisturbed run.
    """

    def __init__(
        self,
        command: str,
        options: Callable[[Path], Sequence[object]],
        make_earlier: Callable[[Path], object],
        folder: Path,
        varying: str = "",
    ):
        """Runs the command once, undisturbed.

        Args:
            command: its name.
            options: its options, for an output folder.
            make_earlier: makes an earlier, other output of it.
            folder: an empty one, for both.
            varying: the files whose content or name is not the same in every run, as a pattern.
        """
        self.command = command
        self._varying = re.compile(varying)
        self._options = options
        self._earlier = folder / "earlier"
        make_earlier(self._earlier)
        self.work_seconds = undisturbed_seconds(self, folder / "complete", folder / "undisturbed")
        assert self.own_leftovers({}, folder / "complete") == []
        self.complete = tree_of(folder / "complete")
        sizes = [path.stat().st_size for path in (folder / "complete").rglob("*")]
        self.disk_bytes = sum(sizes)

    def arguments(self, out: Path) -> list[object]:
        return [self.command, *self._options(out)]

    def add_earlier(self, out: Path) -> None:
        shutil.copytree(self._earlier, out)

    def lost(self, before: Tree, out: Path, ended: Ended, outcome: Outcome) -> list[str]:
        """Either all is as before, or all is there; a killed command may have been in between."""
        now = tree_of(out)
        if not self.wrong_result(out):
            return []
        if outcome.fault == KILL:
            digests = set(now.values())
            return [name for name, digest in before.items() if digest not in digests]
        return [] if now == before else [f"neither as before nor complete: {_changes(before, now)}"]

    def own_leftovers(self, before: Tree, out: Path) -> list[str]:
        names = sorted(path.name for path in out.glob(".*"))
        return [name for name in names if name.startswith(WORK_PREFIX) or name == self.lock_name]

    def wrong_result(self, out: Path) -> list[str]:
        now = {name: digest for name, digest in tree_of(out).items() if name not in USER_FILES}
        return [] if self.is_complete(now, out) else [_changes(self.complete, now)]

    def is_complete(self, now: Tree, out: Path) -> bool:
        """Whether an output folder is that of an undisturbed run, byte by byte."""
        return self._without_varying(now) == self._without_varying(self.complete)

    def _without_varying(self, tree: Tree) -> tuple[Tree, int]:
        """The files that are the same in every run, and the number of the others."""
        same = {name: one for name, one in tree.items() if not self._varying.fullmatch(name)}
        return same, len(tree) - len(same)


def write_earlier(out: Path, command: str, contents: Mapping[str, str]) -> None:
    """Publishes texts, by the files' paths, as an earlier run of a command has, but faster."""
    with output_folder("output_dir", out, command) as outputs:
        for name, text in contents.items():
            path = outputs.staging / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        outputs.publish()


def _changes(expected: Tree, found: Tree) -> str:
    missing = sorted(expected.keys() - found.keys())
    added = sorted(found.keys() - expected.keys())
    other = sorted(name for name in expected.keys() & found.keys() if expected[name] != found[name])
    return f"missing {missing[:5]}, added {added[:5]}, other content {other[:5]}"
