"""Worker processes, with a target that misbehaves in every way that is looked for."""

import pytest

from tests.support.misbehaving_target import DEEDS, KIND
from tools.fuzz.case import CaseId
from tools.fuzz.judging import ACCEPTED, ESCAPE, REFUSED
from tools.fuzz.workers import Limits, run_cases, write_seeds


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeds") / "seeds"
    write_seeds(KIND, folder)
    return folder


def _first_cases() -> dict[str, CaseId]:
    """The first case of each deed; the generator chooses as the target lets it."""
    cases: dict[str, CaseId] = {}
    for number in range(200):
        case = CaseId(KIND.name, 3, number)
        cases.setdefault(case.generator().choice(list(DEEDS)), case)
    return cases


def test_every_misdeed_is_an_escape_and_is_kept(seeds, tmp_path):
    cases = _first_cases()
    limits = Limits(num_workers=2, seconds=3)
    outcomes = {
        one.case: one for one in run_cases(KIND, cases.values(), seeds, limits, keep=tmp_path)
    }
    found = {deed: outcomes[str(case)] for deed, case in cases.items()}
    assert {deed: one.verdict for deed, one in found.items()} == {
        deed: {"accept": ACCEPTED, "refuse": REFUSED}.get(deed, ESCAPE) for deed in DEEDS
    }
    assert found["raise"].summary == "KeyError in nowhere"
    assert "in _raise" in found["raise"].details
    assert found["hang"].summary == "takes more than 3 seconds"
    assert found["crash"].summary == "the process died of SIGSEGV"
    assert "_crash" in found["crash"].details  # the stack, by Python's faulthandler
    assert found["eat"].summary == "needs more than 100 MB"
    assert found["write beside"].summary == "an event open outside of the case's folder: beside.txt"
    assert "os.remove" in found["remove beside"].summary
    assert "'{{function_node'" in found["refuse in raw text"].summary
    kept = {folder.name: (folder / "deed.txt").read_text() for folder in tmp_path.iterdir()}
    assert kept == {
        str(case).replace(":", "-"): deed
        for deed, case in cases.items()
        if deed not in ("accept", "refuse")
    }


def test_all_cases_come_once_also_after_a_crash(seeds):
    case = _first_cases()["crash"]
    cases = [CaseId(KIND.name, 3, case.number), *(CaseId("x", 0, number) for number in range(3))]
    outcomes = list(run_cases(KIND, cases, seeds, Limits(num_workers=1, seconds=3)))
    assert [outcome.case for outcome in outcomes] == list(map(str, cases))


def test_a_target_that_cannot_start_ends_the_run(tmp_path):
    (tmp_path / "seeds").mkdir()
    with pytest.raises(RuntimeError, match=r"did not start[\s\S]*deeds.txt"):
        list(run_cases(KIND, [CaseId("x", 0, 0)], tmp_path / "seeds", Limits(1)))
