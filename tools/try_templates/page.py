"""The page `docs/templates.md`: one row per template that was tried."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.results import machine, markdown_table

__all__ = ["COLUMNS", "write_page"]

COLUMNS = (
    "template", "input", "anchors", "parameters", "GFLOPs",
    "batch", "step s", "processor s", "memory GB", "outcome", "date",
)  # fmt: skip
_PAGE = """# The templates, tried

Written by `python -m tools.try_templates --write {path}`: each template was configured for a small
drawn dataset of 3 classes, checked, trained, evaluated and exported by the commands of `odapi-ssd`;
then TensorFlow alone loaded the SavedModel and ran it on an image that is not square. `odapi-ssd
templates` lists the templates with their anchors and the published accuracy of each.

- **Parameters** and **GFLOPs** are for the template's own number of classes. An operation is a
  multiplication or an addition in a convolution or a matrix product, so a multiply-add is 2. They
  are counted for one image of the given size, from the resized image to the raw predictions.
- **Step** is the median time of all steps but the first, in seconds, with **batch** images each;
  the templates' own batches are larger, and so are their time and memory. The machine was shared
  with other work, so a step is faster on an idle one. **Processor** is a step's processor time,
  summed over the cores, which other work hardly changes.
- **Memory** is the peak of the `odapi-ssd train` process.

Machine: {machine}, no accelerator.

{table}
"""


def write_page(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """Writes the page; keeps the rows of an existing one for templates that were not tried now.

    Args:
        path: the page.
        rows: of `COLUMNS`; the template's name is in backticks.
    """
    all_rows = {row["template"]: row for row in (*_read_rows(path), *rows)}
    table = markdown_table([all_rows[template] for template in sorted(all_rows)])
    path.write_text(_PAGE.format(path=path, machine=machine(), table=table), encoding="utf-8")


def _read_rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| `")]
    return [dict(zip(COLUMNS, row, strict=True)) for row in cells]
