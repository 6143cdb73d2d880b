"""A target for `tools.fuzz` whose cases do what no reader of a file may do."""

import os
import random
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from odapi_ssd.errors import OdapiError
from tools.fuzz.target import Kind, Observation

__all__ = ["DEEDS", "KIND", "Target", "write_seeds"]

KIND = Kind("misbehaving", "tests.support.misbehaving_target", memory_mb=100)


def _raise() -> None:
    raise KeyError("name")


def _hang() -> None:
    time.sleep(600)


def _crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _eat() -> None:
    bytearray(os.urandom(1000) * 150_000)


def _write_beside() -> None:
    Path("../beside.txt").write_text("x")


def _remove_beside() -> None:
    os.remove("../log.txt")


def _refuse() -> None:
    raise OdapiError("case.txt: is damaged.")


def _refuse_in_raw_text() -> None:
    raise OdapiError("case.txt: {{function_node __wrapped}} not an sstable")


DEEDS: Mapping[str, Callable[[], object]] = {
    "accept": lambda: None,
    "raise": _raise,
    "hang": _hang,
    "crash": _crash,
    "eat": _eat,
    "write beside": _write_beside,
    "remove beside": _remove_beside,
    "refuse": _refuse,
    "refuse in raw text": _refuse_in_raw_text,
}


def write_seeds(folder: Path) -> None:
    """The deeds, in the order in which the cases' generators choose among them."""
    (folder / "deeds.txt").write_text("\n".join(DEEDS))


class Target:
    """Does one of the deeds, chosen by the case's generator."""

    def __init__(self, seeds: Path, with_tensorflow: bool):
        self._names = (seeds / "deeds.txt").read_text().splitlines()

    def make(self, generator: random.Random) -> str:
        name = generator.choice(self._names)
        Path("deed.txt").write_text(name)
        return name

    def run(self) -> Observation:
        DEEDS[Path("deed.txt").read_text()]()
        return Observation()
