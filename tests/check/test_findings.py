"""Findings: their text, and one collection added to another."""

from odapi_ssd.check.findings import Finding, Findings


def test_text_with_and_without_a_remedy():
    assert str(Finding("a.b", "is 0", "set it to 1")) == "a.b: is 0; set it to 1"
    assert str(Finding("a.b", "is 0", "")) == "a.b: is 0"


def _findings(name):
    findings = Findings()
    findings.problem(f"{name}.p", "wrong")
    findings.warning(f"{name}.w", "odd")
    findings.fact(name, 1)
    return findings


def test_adding_keeps_the_order():
    findings = _findings("a")
    findings.add(_findings("b"))
    assert [one.path for one in findings.problems] == ["a.p", "b.p"]
    assert [one.path for one in findings.warnings] == ["a.w", "b.w"]
    assert findings.facts == [("a", "1"), ("b", "1")]


def test_adding_problems_as_warnings():
    findings = _findings("a")
    findings.add(_findings("b"), as_warnings=True)
    assert [one.path for one in findings.problems] == ["a.p"]
    assert [one.path for one in findings.warnings] == ["a.w", "b.p", "b.w"]


def test_problems_below_a_field():
    findings = Findings()
    findings.problem("model.ssd.loss[0].weight", "is -1")
    findings.warning("model.ssd.matcher", "is odd")
    for path in ("model", "model.ssd", "model.ssd.loss", "model.ssd.loss[0]",
                 "model.ssd.loss[0].weight"):  # fmt: skip
        assert findings.has_problem_in(path)
    for path in ("model.ss", "model.ssd.matcher", "model.ssd.loss[0].weight.a"):
        assert not findings.has_problem_in(path)
