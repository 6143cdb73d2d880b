"""A thousand damaged files of every kind: nothing but messages comes out of the program."""

from collections import Counter

import pytest

from tools.fuzz.case import CaseId
from tools.fuzz.judging import ACCEPTED, ESCAPE, REFUSED
from tools.fuzz.target import KINDS
from tools.fuzz.workers import Limits, run_cases, write_seeds

_NUM_CASES = {"images": 250, "xml": 200, "records": 250, "checkpoints": 80, "configs": 220}


def test_they_are_a_thousand_of_every_kind():
    assert sum(_NUM_CASES.values()) == 1000
    assert _NUM_CASES.keys() == KINDS.keys()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.tf] if kind.needs_tensorflow else [])
        for name, kind in KINDS.items()
    ],
)
def test_nothing_escapes(name, tmp_path):
    kind, seeds = KINDS[name], tmp_path / "seeds"
    write_seeds(kind, seeds)
    cases = [CaseId(name, 0, number) for number in range(_NUM_CASES[name])]
    outcomes = list(run_cases(kind, cases, seeds, Limits(num_workers=1, seconds=60)))
    assert [(one.case, one.summary) for one in outcomes if one.verdict == ESCAPE] == []
    verdicts = Counter(one.verdict for one in outcomes)
    # The cases reach both ends: some files are still right, and most are not.
    assert verdicts.total() == len(cases)
    assert verdicts[ACCEPTED] > len(cases) / 20
    assert verdicts[REFUSED] > len(cases) / 3
