"""What the benchmarks have in common: taking turns, medians, the table and the JSON file."""

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

_PACKAGES = ("tensorflow", "tf_keras", "tf-models-research-object-detection", "numpy")


def parse_arguments(description: str) -> argparse.Namespace:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions: a minute or two")
    parser.add_argument("--json", type=Path, metavar="F", help="also write the results to F")
    return parser.parse_args()


def take_turns(
    functions: Mapping[str, Callable[[], Any]], *, num_rounds: int, num_warm_up: int = 1
) -> dict[str, float]:
    """Runs functions one after the other, round by round, so that noise meets all of them.

    Args:
        functions: each by its name; what they return is thrown away.
        num_rounds: how often each is measured.
        num_warm_up: rounds that are not.
    Returns:
        The median of each, in seconds.
    """
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for round_idx in range(num_warm_up + num_rounds):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            if round_idx >= num_warm_up:
                seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def copy_bytes_per_second(num_bytes: int = 1 << 28) -> float:
    """How fast this machine moves memory: bytes read and written a second by TensorFlow's copy."""
    import tensorflow as tf

    source = tf.zeros([num_bytes // 4])
    copy = tf.function(lambda values: values + 1.0)
    seconds = take_turns({"copy": lambda: copy(source).numpy()[0]}, num_rounds=5)["copy"]
    return 2 * num_bytes / seconds


def report(
    rows: Sequence[Mapping[str, Any]], ratios: Mapping[str, float], json_path: Path | None
) -> None:
    """Prints the rows as a Markdown table and the ratios; writes all of it if asked to."""
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
    """The rows, one or more with the same names, as a Markdown table."""
    columns = list(rows[0])
    lines = [columns, ["---"] * len(columns), *([str(row[c]) for c in columns] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def machine() -> str:
    """The processor, its cores and the version of Python."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
