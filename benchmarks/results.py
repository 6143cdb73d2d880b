"""Results: a Markdown table of rows, ratios, and the JSON file with machine and versions.

Also used by `tools.try_templates`.
"""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = ["machine", "markdown_table", "report"]

_PACKAGES = ("tensorflow", "tf_keras", "tf-models-research-object-detection", "numpy")


def report(
    rows: Sequence[Mapping[str, Any]], ratios: Mapping[str, float], json_path: Path | None
) -> None:
    """Prints the rows as a Markdown table, then the ratios; writes both to json_path if given."""
    print(markdown_table(rows))
    print()
    for name, ratio in ratios.items():
        print(f"{name}: {ratio:.3g}")
    if json_path is not None:
        results = {
            "machine": machine(),
            "versions": {name: metadata.version(name) for name in _PACKAGES},
            "rows": list(rows),
            "ratios": dict(ratios),
        }
        json_path.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def markdown_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """One or more rows, all with the same columns, as a Markdown table."""
    columns = list(rows[0])
    lines = [columns, ["---"] * len(columns), *([str(row[c]) for c in columns] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def machine() -> str:
    """Processor architecture, number of cores, Python version."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
