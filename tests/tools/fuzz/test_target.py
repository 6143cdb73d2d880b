"""The kinds of input: their cases are the same each time, and valid files are accepted."""

import random

import pytest

from tools.fuzz.case import CaseId
from tools.fuzz.kinds.files import read_tree
from tools.fuzz.target import KINDS, load_target
from tools.fuzz.workers import write_seeds

_EACH = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.tf] if kind.needs_tensorflow else [])
        for name, kind in KINDS.items()
    ],
)


@_EACH
def test_a_case_is_the_same_each_time(name, tmp_path, monkeypatch):
    made: list[list[dict[str, bytes]]] = []
    for turn in ("first", "second"):
        seeds = tmp_path / turn / "seeds"
        write_seeds(KINDS[name], seeds)
        target = load_target(KINDS[name], seeds, False)
        made.append([])
        for number in range(20):
            folder = tmp_path / turn / str(number)
            folder.mkdir()
            monkeypatch.chdir(folder)
            target.make(CaseId(name, 1, number).generator())
            made[-1].append(read_tree(folder))
    assert made[0] == made[1]
    assert len({str(files) for files in made[0]}) > 15


def test_kinds_have_different_modules():
    assert len({kind.module for kind in KINDS.values()}) == len(KINDS)
    assert random.Random("images:0:0").random() == CaseId("images", 0, 0).generator().random()
