"""Results of the API's test suite, made up."""

from tools.api_suite.suite import CaseResult, FileResult


def file_result(
    name: str, *, error: str = "", message: str = "OSError: no", **outcomes: str
) -> FileResult:
    """A file's result after 1.4 s, with an outcome for each case; all have the same message."""
    cases = tuple(CaseResult(case, outcome, message) for case, outcome in outcomes.items())
    return FileResult(name, cases, 1.4, error)
