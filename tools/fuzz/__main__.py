"""Feeds mutated images, annotations, records, checkpoints and configs to the program's readers.

    python -m tools.fuzz [--kinds images,xml,…] [--cases N] [--seed S] [--workers N] [--keep FOLDER]
    python -m tools.fuzz --case images:7:1234

Prints a table and, for each cause of an escape, the first cases, which `--case` runs again. The
exit status is 1 if anything escaped, or if not all cases ran. Ctrl-C ends it with what it has.
"""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.results import machine, markdown_table
from tools.fuzz.case import CaseId, parse_case
from tools.fuzz.judging import ESCAPE, Outcome
from tools.fuzz.tally import Tally
from tools.fuzz.target import KINDS, Kind
from tools.fuzz.workers import Limits, run_cases, write_seeds

_REPORT_EVERY = 1000


def main() -> int:
    """Runs the cases of the command line; returns the exit status."""
    arguments = _parse_arguments()
    if arguments.case:
        return _run_one(arguments)
    shares = _divide(arguments.cases, len(arguments.kinds))
    tallies: list[Tally] = []
    try:
        for kind, num_cases in zip(arguments.kinds, shares, strict=True):
            numbers = range(arguments.first, arguments.first + num_cases)
            cases = [CaseId(kind.name, arguments.seed, number) for number in numbers]
            tallies.append(Tally(kind.name))
            _count(kind, cases, arguments, tallies[-1])
    except KeyboardInterrupt:
        print("Interrupted; what follows is of the cases so far.", file=sys.stderr)
    _report(tallies, arguments)
    num_done = sum(tally.verdicts.total() for tally in tallies)
    has_escapes = any(tally.escapes for tally in tallies)
    return 1 if has_escapes or num_done < arguments.cases else 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.fuzz", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--kinds", type=_kinds, default=list(KINDS.values()), metavar="K,…",
                        help=f"of {', '.join(KINDS)}; by default all")  # fmt: skip
    parser.add_argument("--cases", type=int, default=1000, help="of all kinds together (1000)")
    parser.add_argument("--seed", type=int, default=0, help="chooses the cases (0)")
    parser.add_argument("--first", type=int, default=0, help="the number of the first case (0)")
    parser.add_argument("--workers", type=int, default=2, help="processes at a time (2)")
    parser.add_argument("--time_limit", type=float, default=30, help="seconds for a case (30)")
    parser.add_argument("--tensorflow", action="store_true",
                        help="compare what is accepted with what TensorFlow decodes")  # fmt: skip
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the files of escapes")
    parser.add_argument("--json", type=Path, metavar="F", help="also write the results to F")
    parser.add_argument("--case", type=_case, help="run this one alone, and show all about it")
    return parser.parse_args()


def _kinds(text: str) -> list[Kind]:
    unknown = [name for name in text.split(",") if name not in KINDS]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"there is no kind {' or '.join(unknown)}; there are {', '.join(KINDS)}"
        )
    return [KINDS[name] for name in dict.fromkeys(text.split(","))]


def _case(text: str) -> CaseId:
    try:
        case = parse_case(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    _kinds(case.kind)
    return case


def _divide(number: int, parts: int) -> list[int]:
    """A number as the sum of so many, as even as can be."""
    return [number // parts + (index < number % parts) for index in range(parts)]


def _outcomes(
    kind: Kind, cases: Sequence[CaseId], arguments: argparse.Namespace
) -> Iterable[Outcome]:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        seeds = Path(folder) / "seeds"
        write_seeds(kind, seeds)
        yield from run_cases(
            kind,
            cases,
            seeds,
            Limits(arguments.workers, arguments.time_limit),
            with_tensorflow=arguments.tensorflow,
            keep=arguments.keep,
        )


def _run_one(arguments: argparse.Namespace) -> int:
    """Runs one case and prints all that is known about it."""
    (outcome,) = _outcomes(KINDS[arguments.case.kind], [arguments.case], arguments)
    for name, value in vars(outcome).items():
        print(f"{name}: {value}")
    return 1 if outcome.verdict == ESCAPE else 0


def _count(
    kind: Kind, cases: Sequence[CaseId], arguments: argparse.Namespace, tally: Tally
) -> None:
    for outcome in _outcomes(kind, cases, arguments):
        tally.add(outcome)
        num_done = tally.verdicts.total()
        if num_done % _REPORT_EVERY == 0:
            print(f"{kind.name}: {num_done:,} of {len(cases):,}, "
                  f"{len(tally.escapes)} escapes", file=sys.stderr, flush=True)  # fmt: skip


def _report(tallies: Sequence[Tally], arguments: argparse.Namespace) -> None:
    print(markdown_table([tally.row() for tally in tallies]))
    for tally in tallies:
        for remark, count in tally.remarks.items():
            print(f"{tally.kind}: {remark}: {count:,}")
    for tally in tallies:
        for cause in tally.causes():
            print(f"escape: {cause}")
    if arguments.json is not None:
        results = {
            "machine": machine(),
            "seed": arguments.seed,
            "first": arguments.first,
            "kinds": [tally.as_json() for tally in tallies],
        }
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
