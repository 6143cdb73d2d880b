"""Runs `odapi-ssd train` and times each step.

    python tools/try_templates/timed_train.py F --pipeline_config_path C --model_dir M …

Writes the time of every step but the first to F, as JSON: wall-clock seconds, and processor seconds
summed over the cores, which other work on the machine hardly changes.
"""

import itertools
import json
import sys
import time
from pathlib import Path
from typing import Any


def main() -> None:
    """Trains with the flags that follow F, and writes F."""
    seconds_path, *arguments = sys.argv[1:]
    import odapi_ssd

    odapi_ssd.register()
    from odapi_ssd import cli
    from odapi_ssd.plugin.swapping import swapped
    from odapi_ssd.training.monitor import TrainingMonitor

    readings = []
    stock_step_done = TrainingMonitor.step_done

    def step_done(monitor: TrainingMonitor, losses: dict[str, Any]) -> None:
        readings.append((time.perf_counter(), time.process_time()))
        stock_step_done(monitor, losses)

    try:
        with (
            swapped(TrainingMonitor, "step_done", step_done),
            swapped(sys, "argv", ["odapi-ssd", "train", *arguments]),
        ):
            cli.main()
    finally:
        steps = [
            {"seconds": after[0] - before[0], "processor_seconds": after[1] - before[1]}
            for before, after in itertools.pairwise(readings)
        ]
        Path(seconds_path).write_text(json.dumps(steps) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
