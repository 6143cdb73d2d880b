"""Which faults are injected into which command: a sample in every run of the tests, all on request.

The environment variable ODAPI_SSD_FAULTS=full asks for all.
"""

import os

from tests.support.faults import (
    CTRL_C_TWICE,
    FULL_DISK,
    HANG_UP,
    KILL,
    PIPE,
    READ_ONLY,
    TERM,
    TWO,
    Trial,
)

__all__ = ["IS_FULL", "needs_rerun", "trials"]

IS_FULL = os.environ.get("ODAPI_SSD_FAULTS") == "full"
_FULL = {
    KILL: 20,
    TERM: 20,
    HANG_UP: 10,
    PIPE: 10,
    CTRL_C_TWICE: 8,
    FULL_DISK: 4,
    READ_ONLY: 2,
    TWO: 4,
}
_FEW = {KILL: 5, TERM: 5, HANG_UP: 2, PIPE: 2, CTRL_C_TWICE: 2, FULL_DISK: 1, READ_ONLY: 1}
# Of each format, in and out.
_FEWER = {KILL: 4, TERM: 2, FULL_DISK: 2, TWO: 2}
_COMMANDS_WITH_FEW = ("shapes", "anchors", "evaluate", "import-weights")
_SAMPLES = {
    # Seconds each.
    "convert": {
        KILL: 4,
        TERM: 4,
        HANG_UP: 2,
        PIPE: 2,
        CTRL_C_TWICE: 2,
        FULL_DISK: 2,
        READ_ONLY: 2,
        TWO: 2,
    },
    "convert from and to": {KILL: 1},
    "shapes": {KILL: 1, TERM: 1, PIPE: 1, FULL_DISK: 1, READ_ONLY: 1},
    # Half a minute each.
    "train": {KILL: 1, TERM: 1, PIPE: 1, CTRL_C_TWICE: 1, FULL_DISK: 1, TWO: 1},
    "export": {KILL: 1, TERM: 1, FULL_DISK: 1},
    "detect": {KILL: 1, TERM: 1, HANG_UP: 1, FULL_DISK: 1, TWO: 1},
    "evaluate": {TERM: 1},
}


def trials(command: str) -> list[Trial]:
    """The trials of a command."""
    full = _FEW if command in _COMMANDS_WITH_FEW else _FULL
    full = _FEWER if command == "convert from and to" else full
    numbers = full if IS_FULL else _SAMPLES.get(command, {})
    return [
        Trial(fault, number, num_trials)
        for fault, num_trials in numbers.items()
        for number in range(num_trials)
    ]


def needs_rerun(trial: Trial) -> bool:
    """Whether the same command is run again: in the sample, only after kill -9.

    When all is asked for, after every fault but the orderly ends, of which one in four will do:
    what those leave is looked at in each case.
    """
    is_orderly = trial.fault in (TERM, HANG_UP, PIPE, CTRL_C_TWICE)
    return trial.fault == KILL or (IS_FULL and (not is_orderly or trial.number % 4 == 0))
