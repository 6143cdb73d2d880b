"""Configures, checks, trains, evaluates, exports and runs each template on a small drawn dataset.

    python -m tools.try_templates [TEMPLATE …] [--batch_size N] [--quick] [--json F] [--write F]

Each stage is a command in its own process. Prints a table: the model's cost, which is the same on
every machine, and the time and memory of a training step on this one. A template that fails, or
whose header disagrees with what was counted, is listed with the reason; the exit status is then 1.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from benchmarks.results import report
from odapi_ssd.config.templates import TemplateFacts, find_template, read_facts, template_names
from tools.try_templates.page import COLUMNS, write_page
from tools.try_templates.trial import Data, TrialError, count_cost, draw_data, try_template

_PASSED = "all done"


def main() -> None:
    """Tries the templates of the command line, prints the table, and writes it where asked to."""
    arguments = _parse_arguments()
    names = [find_template(name).stem for name in arguments.templates] or template_names()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        data = draw_data(Path(folder))
        for name in names:
            num_steps = 2 if arguments.quick else 8
            rows.append(_try(read_facts(name), data, arguments.batch_size, num_steps))
            print(f"{name}: {rows[-1]['outcome']}", file=sys.stderr, flush=True)
            if arguments.write:
                write_page(arguments.write, rows)
    report(rows, {}, arguments.json)
    sys.exit(any(row["outcome"] != _PASSED for row in rows))


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.try_templates", description=__doc__.splitlines()[0]
    )
    parser.add_argument("templates", nargs="*", metavar="TEMPLATE", help="by default all")
    parser.add_argument("--batch_size", type=int, default=2, help="1 where images differ in size")
    parser.add_argument("--quick", action="store_true", help="two steps of each instead of eight")
    parser.add_argument("--json", type=Path, metavar="F", help="also write the results to F")
    parser.add_argument("--write", type=Path, metavar="F",
                        help="also write a page; keeps its rows of other templates")  # fmt: skip
    return parser.parse_args()


def _try(facts: TemplateFacts, data: Data, batch_size: int, num_steps: int) -> dict[str, str]:
    """One template's row of the table."""
    row = dict.fromkeys(COLUMNS, "–")
    row |= {"template": f"`{facts.name}`", "outcome": _PASSED, "date": date.today().isoformat()}
    if " to " in facts.image_size:
        batch_size = 1
    try:
        with tempfile.TemporaryDirectory() as folder:
            cost = count_cost(find_template(facts.name))
            row |= {
                "input": "x".join(map(str, cost.input_hw)),
                "anchors": f"{cost.num_anchors:,}",
                "parameters": f"{cost.num_parameters:,}",
                "GFLOPs": cost.gflops,
            }
            trial = try_template(
                facts.name, data, Path(folder), batch_size=batch_size, num_steps=num_steps
            )
            row |= {
                "batch": str(trial.batch_size),
                "step s": f"{trial.step_s:.2g}",
                "processor s": f"{trial.step_processor_s:.2g}",
                "memory GB": f"{trial.memory_gb:.1f}",
            }
    except TrialError as failure:
        return row | {"outcome": str(failure).replace("|", "/")}
    return row | {"outcome": _compare_with_header(row, facts)}


def _compare_with_header(row: Mapping[str, str], facts: TemplateFacts) -> str:
    """The outcome of a trial whose stages passed: whether the header has what was counted."""
    counted = {
        "anchors": (row["anchors"], facts.anchors.removesuffix(" per cell")),
        "parameters": (row["parameters"], facts.parameters),
        "GFLOPs": (row["GFLOPs"], facts.gflops),
    }
    wrong = [f"{stated} {name}" for name, (found, stated) in counted.items() if found != stated]
    return f"the header says {', '.join(wrong)}" if wrong else _PASSED


if __name__ == "__main__":
    main()
