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
