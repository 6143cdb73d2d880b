"""Counts of outcomes."""

from tools.fuzz.judging import Outcome
from tools.fuzz.tally import Tally


def _tally() -> Tally:
    tally = Tally("xml")
    for number, (verdict, summary) in enumerate(
        [("accepted", ""), ("refused", ""), ("refused", ""), ("escape", "KeyError in a.py:3 b"),
         ("escape", "hangs"), ("escape", "KeyError in a.py:3 b")]
    ):  # fmt: skip
        remarks = ("another size",) if verdict == "accepted" else ()
        tally.add(Outcome(f"xml:0:{number}", verdict, summary, remarks=remarks, memory_mb=number))
    return tally


def test_the_row_has_the_counts():
    row = _tally().row()
    assert (row["kind"], row["cases"], row["accepted"]) == ("xml", "6", "1")
    assert (row["refused with a message"], row["escapes"], row["most MB"]) == ("2", "3", "5")


def test_escapes_are_grouped_by_cause_the_most_frequent_first():
    assert _tally().causes() == [
        "2 × KeyError in a.py:3 b (xml:0:3, xml:0:5)",
        "1 × hangs (xml:0:4)",
    ]


def test_the_file_has_every_escape_and_remark():
    values = _tally().as_json()
    assert [escape["case"] for escape in values["escapes"]] == ["xml:0:3", "xml:0:4", "xml:0:5"]
    assert values["remarks"] == {"another size": 1}
