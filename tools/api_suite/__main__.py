"""The command line of `scripts/api_tests.sh`."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.api_suite.expectations import find_surprises, read_expectations
from tools.api_suite.page import summarize, to_page, to_table
from tools.api_suite.suite import FileResult, find_files, run_files


def main() -> int:
    """Runs the files of the command line; returns the exit status."""
    arguments = _parse_arguments()
    unknown = [prefix for prefix in arguments.files if not find_files([prefix])]
    if unknown:
        print(f"No test file begins with {' or '.join(unknown)}.", file=sys.stderr)
        return 2
    names = find_files(arguments.files)
    expectations = read_expectations()
    with_odapi_ssd = not arguments.without_odapi_ssd
    results = _run(names, arguments.time_limit, with_odapi_ssd)
    print(f"\n{to_table(results)}\n\n{summarize(results)}")
    if arguments.write:
        print("\nThe same without odapi-ssd, for the page:")
        without = _run(names, arguments.time_limit, with_odapi_ssd=False)
        arguments.write.write_text(to_page(results, without, expectations), encoding="utf-8")
    if not with_odapi_ssd:
        return 0
    surprises = find_surprises(results, expectations)
    for surprise in surprises:
        print(f"unexpected: {surprise}", file=sys.stderr)
    return 1 if surprises else 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/api_tests.sh",
        description="Runs the API's own TF2 tests on this stack. Exits with 0 if exactly the cases "
        "that tools/api_suite/expectations.json lists fail.",
    )
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="a prefix of file names: core/ or inputs_test"
    )
    parser.add_argument("--time_limit", type=float, default=900, help="seconds per file (900)")
    parser.add_argument(
        "--without_odapi_ssd",
        action="store_true",
        help="run them without the patches, as with the API alone; exits with 0",
    )
    parser.add_argument(
        "--write",
        type=Path,
        metavar="PAGE",
        help="run all files with and without odapi-ssd; write docs/api_tests.md",
    )
    arguments = parser.parse_args()
    if arguments.write and (arguments.files or arguments.without_odapi_ssd):
        parser.error("--write runs all files, with and without odapi-ssd")
    return arguments


def _run(names: Sequence[str], time_limit: float, with_odapi_ssd: bool) -> list[FileResult]:
    num_done = 0

    def print_result(result: FileResult) -> None:
        nonlocal num_done
        num_done += 1
        failed = f", {result.count('failed')} failed" if result.count("failed") else ""
        error = f" ({result.error})" if result.error else ""
        print(
            f"[{num_done}/{len(names)}] {result.name}: {len(result.cases)} cases{failed}{error}",
            flush=True,
        )

    return run_files(
        names, time_limit=time_limit, with_odapi_ssd=with_odapi_ssd, on_done=print_result
    )


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted; nothing was written.")
