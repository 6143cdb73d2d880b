"""Reports of a run: a line of totals, Markdown tables, the page `docs/api_tests.md`."""

import platform
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from importlib import metadata

from tools.api_suite.expectations import REASONS, Expectation
from tools.api_suite.suite import FileResult

__all__ = ["summarize", "to_page", "to_table"]

_PACKAGES = (
    "tensorflow",
    "tf_keras",
    "tf-models-official",
    "tf-models-research-object-detection",
    "numpy",
    "protobuf",
    "pillow",
    "matplotlib",
)

_PAGE = """\
# The API's own tests on this stack

The package of the Object Detection API ships its test suite. Its TF2 half ({num_files} files,
without slim's TF1 code) was run on {when}, each file in its own process, without network:

{versions}

    scripts/api_tests.sh --write docs/api_tests.md

wrote this page. A failure that the list of expected ones does not have is an error, and so is a
listed case that passes.

**With odapi-ssd:** {with_summary}.

**Without:** {without_summary}; {num_broken} files fail before they run any case.

The API itself skips the skipped cases: nearly all are cases for TF1, and a placeholder that
`tf.test.TestCase` adds to each class. {num_empty} of the green files have no other case.

## Expected failures

{expected}

## With odapi-ssd

{with_table}

## Without odapi-ssd

The same files, run as `python -m object_detection.<file>` in the same environment. If a file cannot
run, its cases are counted from its source as failed, a parameterized one once. The errors:

{errors}

{without_table}
"""


def summarize(results: Sequence[FileResult]) -> str:
    """The totals, in one line."""
    count = Counter(case.outcome for result in results for case in result.cases)
    num_green = sum(result.is_green for result in results)
    return (
        f"{count.total()} cases: {count['passed']} passed, {count['failed']} failed, "
        f"{count['skipped']} skipped; {num_green} of {len(results)} files fully green"
    )


def to_table(results: Sequence[FileResult]) -> str:
    """A Markdown table with one row per file."""
    rows = ["| file | ran | passed | failed | skipped | seconds |", "| --- |" + " ---: |" * 5]
    for result in results:
        counts = [result.count(outcome) for outcome in ("passed", "failed", "skipped")]
        cells = [result.name, len(result.cases), *counts, f"{result.seconds:.0f}"]
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(rows)


def to_page(
    results: Sequence[FileResult],
    results_without: Sequence[FileResult],
    expectations: Sequence[Expectation],
) -> str:
    """The page, from a run with odapi-ssd and one without."""
    # Some messages end with a path on the machine.
    without_path = (re.sub(r" \(/\S+\)$", "", result.error) for result in results_without)
    errors = Counter(error for error in without_path if error)
    return _PAGE.format(
        num_files=len(results),
        when=date.today().isoformat(),
        versions=_versions(),
        num_empty=sum(result.is_green and not result.count("passed") for result in results),
        num_broken=errors.total(),
        with_summary=summarize(results),
        without_summary=summarize(results_without),
        expected=_expected_table(expectations),
        with_table=to_table(results),
        errors="\n".join(f"- {count} × `{error}`" for error, count in errors.most_common()),
        without_table=to_table(results_without),
    )


def _versions() -> str:
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES)
    return f"Python {platform.python_version()}, {versions}."


def _expected_table(expectations: Sequence[Expectation]) -> str:
    rows = ["| file | cases | reason | why | shown by |", "| --- |" + " --- |" * 4]
    for item in expectations:
        cases = "<br>".join(item.cases)
        shown_by = f"`{item.shown_by}`" if item.shown_by else ""
        rows.append(f"| {item.file} | {cases} | {REASONS[item.reason]} | {item.why} | {shown_by} |")
    total = sum(len(item.cases) for item in expectations)
    return "\n".join([*rows, "", f"{total} cases."])
