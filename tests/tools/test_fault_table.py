"""The table of injected faults, from JUnit files as pytest writes them."""

import json
import subprocess
import sys

from tools import fault_table

_GOOD = {
    "command": "convert",
    "fault": "SIGKILL",
    "has_struck": True,
    "lost": [],
    "left": [],
    "expected_left": [],
    "rerun": [],
}


def _rows(*outcomes):
    return fault_table.table_of(outcomes).splitlines()[2:]


def test_a_row_sums_up_the_runs_of_a_fault():
    dirty = {**_GOOD, "expected_left": [".incomplete-odapi-ssd-x"]}
    bad = {**_GOOD, "lost": ["all"], "left": ["x"], "rerun": ["it failed"], "has_struck": False}
    assert _rows(_GOOD, dirty, bad) == [
        "| `convert` | SIGKILL | 3 (1 had ended before) | 2 of 3 | something in 1; what it was "
        "working on, in 1; the next run clears it | 2 of 3 |"
    ]


def test_each_command_and_fault_has_a_row_in_order():
    other = {**_GOOD, "command": "train"}
    term = {**_GOOD, "fault": "SIGTERM", "rerun": None}
    assert _rows(other, _GOOD, term, other) == [
        "| `train` | SIGKILL | 2 | 2 of 2 | nothing | 2 of 2 |",
        "| `convert` | SIGKILL | 1 | 1 of 1 | nothing | 1 of 1 |",
        "| `convert` | SIGTERM | 1 | 1 of 1 | nothing | – |",
    ]


def test_outcomes_are_read_from_what_pytest_writes(tmp_path):
    test = tmp_path / "test_toy.py"
    test.write_text(
        f"def test_toy(record_property):\n    record_property('fault', {json.dumps(_GOOD)!r})\n"
        "    assert False\n"
    )
    junit = tmp_path / "faults.xml"
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null"]
    subprocess.run([*pytest, str(test), f"--junitxml={junit}"], capture_output=True, check=False)
    assert fault_table.read_outcomes([junit, junit]) == [_GOOD, _GOOD]


def test_the_table_of_a_page_is_replaced():
    page = f"Before\n{fault_table._BEGIN}\nold\n{fault_table._END}\nAfter\n"
    once = fault_table.replace_table(page, "the table\n", "about")
    assert "old" not in once
    assert once == fault_table.replace_table(once, "the table\n", "about")
    assert [line for line in once.splitlines() if line][::5] == ["Before", "After"]
