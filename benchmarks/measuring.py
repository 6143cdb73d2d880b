"""Timing: options that every benchmark has, functions measured in turn, memory bandwidth."""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["copy_bytes_per_second", "parse_arguments", "take_turns"]


def parse_arguments(description: str) -> argparse.Namespace:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions: a minute or two")
    parser.add_argument("--json", type=Path, metavar="F", help="also write the results to F")
    return parser.parse_args()


def take_turns(
    functions: Mapping[str, Callable[[], Any]], *, num_rounds: int, num_warm_up: int = 1
) -> dict[str, float]:
    """Times functions in turn, round by round, so that noise on the machine affects all of them.

    Args:
        functions: by name; what they return is discarded.
        num_rounds: measurements of each.
        num_warm_up: rounds before them that are not measured.
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
    """Memory bandwidth: bytes that TensorFlow reads plus writes per second when it copies."""
    import tensorflow as tf

    source = tf.zeros([num_bytes // 4])
    copy = tf.function(lambda values: values + 1.0)
    seconds = take_turns({"copy": lambda: copy(source).numpy()[0]}, num_rounds=5)["copy"]
    return 2 * num_bytes / seconds
