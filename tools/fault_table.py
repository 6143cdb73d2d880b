r"""Writes the table of injected faults from the tests that injected them.

    ODAPI_SSD_FAULTS=full scripts/test.sh tests/reliability -o junit_family=xunit1 \
        --junitxml=faults.xml
    python -m tools.fault_table faults.xml --write docs/reliability.md

Several files may be given, as for a part that was run again; the outcomes are summed up by command
and fault. The page's table is replaced, between its two comments.
"""

import argparse
import collections
import datetime
import json
import os
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

__all__ = ["main", "read_outcomes", "replace_table", "table_of"]

Outcome = dict[str, Any]
_BEGIN = "<!-- Written by `python -m tools.fault_table`. -->"
_END = "<!-- The end of what it writes. -->"
_HEAD = (
    "| command | fault | runs | survived | left behind | the next run completed |\n"
    "| --- | --- | --- | --- | --- | --- |\n"
)


def read_outcomes(paths: Iterable[Path]) -> list[Outcome]:
    """The outcomes in JUnit files; one without an outcome is not there, as of a test that broke."""
    return [
        json.loads(found.attrib["value"])
        for path in paths
        for found in ElementTree.parse(path).iter("property")
        if found.attrib["name"] == "fault"
    ]


def table_of(outcomes: Sequence[Outcome]) -> str:
    """A Markdown table, a row for each command and fault, in the order of the outcomes."""
    groups: dict[tuple[str, str], list[Outcome]] = collections.defaultdict(list)
    for outcome in outcomes:
        groups[outcome["command"], outcome["fault"]].append(outcome)
    return _HEAD + "".join(
        f"| `{command}` | {fault} | {_runs(group)} | {_share(group, 'lost')} | {_left(group)} "
        f"| {_share([one for one in group if one['rerun'] is not None], 'rerun')} |\n"
        for (command, fault), group in groups.items()
    )


def replace_table(page: str, table: str, about: str) -> str:
    """A page with another table."""
    head, rest = page.split(_BEGIN)
    _, tail = rest.split(_END)
    return f"{head}{_BEGIN}\n\n{about}\n\n{table}\n{_END}{tail}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path, help="JUnit files of tests/reliability")
    parser.add_argument("--write", type=Path, help="the page whose table is replaced")
    given = parser.parse_args()
    outcomes = read_outcomes(given.files)
    table = table_of(outcomes)
    if given.write is None:
        print(table)
        return
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    about = (
        f"{len(outcomes):,} runs on {datetime.date.today()}, at commit {commit}, on a machine with "
        f"{os.cpu_count()} cores."
    )
    page = given.write.read_text(encoding="utf-8")
    given.write.write_text(replace_table(page, table, about), encoding="utf-8")


def _runs(group: Sequence[Outcome]) -> str:
    num_over = sum(not one["has_struck"] for one in group)
    return f"{len(group)}" + (f" ({num_over} had ended before)" if num_over else "")


def _share(group: Sequence[Outcome], key: str) -> str:
    num_good = sum(not one[key] for one in group)
    return f"{num_good} of {len(group)}" if group else "–"


def _left(group: Sequence[Outcome]) -> str:
    num_wrong = sum(bool(one["left"]) for one in group)
    num_expected = sum(bool(one["expected_left"]) for one in group)
    parts = [f"something in {num_wrong}"] if num_wrong else []
    if num_expected:
        parts.append(f"what it was working on, in {num_expected}; the next run clears it")
    return "; ".join(parts) or "nothing"


if __name__ == "__main__":
    main()
