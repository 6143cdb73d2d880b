"""The command `python -m tools.fuzz`."""

import json
import sys

import pytest

from tests.support.misbehaving_target import KIND
from tools.fuzz import __main__ as program
from tools.fuzz.judging import Outcome


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs the program with some arguments and one more kind: its status and output."""
    kinds = {"misbehaving": KIND, **program.KINDS}
    monkeypatch.setattr(program, "KINDS", kinds)

    def run_with(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["x", *map(str, arguments)])
        status = program.main()
        return status, capsys.readouterr().out

    return run_with


def test_an_escape_is_reported_and_can_be_run_again(run, tmp_path):
    results = tmp_path / "results.json"
    options = ("--kinds", "misbehaving", "--workers", 1, "--time_limit", 3)
    status, output = run(*options, "--cases", 12, "--seed", 3, "--json", results)
    (kind,) = json.loads(results.read_text())["kinds"]
    assert status == 1
    assert sum(kind["verdicts"].values()) == 12
    assert "| misbehaving | 12 |" in output
    escape = kind["escapes"][0]
    assert escape["case"] in output
    again, shown = run("--case", escape["case"], "--time_limit", 3)
    assert again == 1
    assert f"summary: {escape['summary']}" in shown


def test_ctrl_c_ends_it_with_the_cases_so_far(run, monkeypatch):
    def interrupted(kind, cases, *_, **__):
        yield Outcome(str(cases[0]), "accepted")
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "run_cases", interrupted)
    status, output = run("--kinds", "misbehaving,records", "--cases", 12)
    assert status == 1
    assert "| misbehaving | 1 | 1 | 0 | 0 |" in output
    assert "records" not in output


def test_cases_are_divided_evenly():
    assert program._divide(1000, 3) == [334, 333, 333]


@pytest.mark.parametrize("arguments", [("--kinds", "xml,pdf"), ("--case", "pdf:0:1")])
def test_an_unknown_kind_is_a_wrong_call(run, arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        run(*arguments)
    assert ended.value.code == 2
    assert "there is no kind pdf" in capsys.readouterr().err
