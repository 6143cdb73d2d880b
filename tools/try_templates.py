"""Every template, all the way: built, trained, evaluated, exported, loaded and run.

    python -m tools.try_templates [TEMPLATE …] [--batch_size N] [--quick] [--json F] [--write F]

On a small drawn dataset, each stage a command in a process of its own. Prints a table: what the
model costs anywhere, what a training step took here. A template that fails, or whose header says
something else, stands in it as well; the exit status is then 1.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from benchmarks.measuring import machine, markdown_table, report
from odapi_ssd.config.templates import TemplateFacts, find_template, read_facts, template_names
from tools.template_trial import Data, TrialError, count_cost, draw_data, try_template

_COLUMNS = (
    "template", "input", "anchors", "parameters", "GFLOPs",
    "batch", "step s", "processor s", "memory GB", "outcome", "date",
)  # fmt: skip
_FINE = "all done"
_PAGE = """# The templates, tried

Made by `python -m tools.try_templates --write {path}`: each template was configured for a small
drawn dataset of 3 classes, checked, trained, evaluated and exported by the commands of `odapi-ssd`;
the SavedModel was loaded by TensorFlow alone and run on an image that is not square. `odapi-ssd
templates` lists the templates with their anchors and what was published of them.

- **Parameters** and **GFLOPs** are for the template's own number of classes. An operation is a
  multiplication or an addition of a convolution or a matrix product, so a multiply-add is 2, in one
  image of the given size, from the resized image to the raw predictions.
- **Step** is the median of the steps but the first, of so many images as **batch** says; the
  templates' own batches are larger, and so are their time and memory. The machine was shared with
  other work, so a step takes less on an idle one; **processor** is its processor time, which that
  hardly changes, summed over the cores.
- **Memory** is the most that the process of `odapi-ssd train` held.

Machine: {machine}, no accelerator.

{table}
"""


def main() -> None:
    """Tries templates, prints, and writes if asked to."""
    arguments = _parse_arguments()
    names = [find_template(name).stem for name in arguments.templates] or template_names()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        data = draw_data(Path(folder), with_masks=any("mask" in name for name in names))
        for name in names:
            num_steps = 2 if arguments.quick else 8
            rows.append(_try(read_facts(name), data, arguments.batch_size, num_steps))
            print(f"{name}: {rows[-1]['outcome']}", file=sys.stderr, flush=True)
            if arguments.write:
                _write_page(arguments.write, rows)
    report(rows, {}, arguments.json)
    sys.exit(any(row["outcome"] != _FINE for row in rows))


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("templates", nargs="*", metavar="TEMPLATE", help="by default all")
    parser.add_argument("--batch_size", type=int, default=2, help="1 where images differ in size")
    parser.add_argument("--quick", action="store_true", help="two steps of each instead of eight")
    parser.add_argument("--json", type=Path, metavar="F", help="also write the results to F")
    parser.add_argument("--write", type=Path, metavar="F",
                        help="also write a page; rows of other templates in it stay")  # fmt: skip
    return parser.parse_args()


def _try(facts: TemplateFacts, data: Data, batch_size: int, num_steps: int) -> dict[str, str]:
    """A row of the table."""
    row = dict.fromkeys(_COLUMNS, "–")
    row |= {"template": f"`{facts.name}`", "outcome": _FINE, "date": date.today().isoformat()}
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
    return row | {"outcome": _compare(row, facts)}


def _compare(row: Mapping[str, str], facts: TemplateFacts) -> str:
    """The outcome of a trial that went well: whether the header says what was counted."""
    counted = {
        "anchors": (row["anchors"], facts.anchors.removesuffix(" per cell")),
        "parameters": (row["parameters"], facts.parameters),
        "GFLOPs": (row["GFLOPs"], facts.gflops),
    }
    wrong = [f"{said} {name}" for name, (found, said) in counted.items() if found != said]
    return f"the header says {', '.join(wrong)}" if wrong else _FINE


def _write_page(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """Writes the page, with the rows of the one that is there for templates not tried now."""
    all_rows = {row["template"]: row for row in (*_read_rows(path), *rows)}
    table = markdown_table([all_rows[template] for template in sorted(all_rows)])
    path.write_text(_PAGE.format(path=path, machine=machine(), table=table), encoding="utf-8")


def _read_rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| `")]
    return [dict(zip(_COLUMNS, row, strict=True)) for row in cells]


if __name__ == "__main__":
    main()
