"""`odapi-ssd convert` against the API's `create_pascal_tf_record`, as whole processes.

    python benchmarks/convert.py [--quick] [--json F]

5,000 images of about 500x375 pixels with 12,000 objects in a VOC tree, drawn from a seed, to
TFRecords: ours with two workers, the API's program in its only process, with the patches without
which it does not run. Both write the same records. Memory is that of all processes together, as
resident pages, sampled in further runs: with that number of images and with ten times as many
(`--quick`: with a tenth of it and with all).
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from measuring import parse_arguments, take_turns
from results import report
from voc_tree import CLASS_NAMES, make_voc_tree, repeat_voc_tree

_NUM_IMAGES = 5000
_API_PROGRAM = """
from odapi_ssd import compat
compat.activate()
import tensorflow.compat.v1 as tf
from object_detection.dataset_tools import create_pascal_tf_record
tf.app.run(create_pascal_tf_record.main)
"""


def main() -> None:
    """Measures, prints, and writes the JSON file if asked to."""
    arguments = parse_arguments(__doc__.splitlines()[0])
    with tempfile.TemporaryDirectory() as folder:
        benchmark = _Benchmark(Path(folder))
        trees = _make_trees(Path(folder), arguments.quick)
        whole = Path(folder) / "whole"
        measured = benchmark.measure_in_turn(whole, 2 if arguments.quick else 5)
        peaks = [benchmark.peak_bytes(benchmark.ours(tree)) for tree in trees.values()]
        api_peak = benchmark.peak_bytes(benchmark.api(whole))
    rows = [
        {
            "program": program,
            "wall s": f"{wall_s:.2f}",
            "processor s": f"{processor_s:.2f}",
            "images/s": f"{_NUM_IMAGES / wall_s:.0f}",
            "peak MB": f"{peak / 1e6:.0f}",
        }
        for (program, (wall_s, processor_s)), peak in zip(
            measured.items(), (peaks[list(trees).index(_NUM_IMAGES)], api_peak, 0), strict=True
        )
    ]
    rows[-1]["peak MB"] = ""
    for num_images, peak in zip(trees, peaks, strict=True):
        print(f"ours, {num_images:,} images: {peak / 1e6:.0f} MB at most")
    (ours_s, ours_cpu_s), (api_s, api_cpu_s), (read_s, _) = measured.values()
    ratios = {
        "convert_wall": api_s / ours_s,
        "convert_processor": api_cpu_s / ours_cpu_s,
        "reading_alone": read_s / ours_s,
        "memory_at_ten_times": peaks[1] / peaks[0],
    }
    report(rows, ratios, arguments.json)


def _make_trees(folder: Path, is_quick: bool) -> dict[int, Path]:
    """A smaller and a larger tree by number of images; the one that is timed is `whole`."""
    print(f"Drawing {_NUM_IMAGES:,} images …", flush=True)
    if is_quick:
        make_voc_tree(folder / "tenth" / "VOC2007", _NUM_IMAGES // 10)
        repeat_voc_tree(folder / "tenth" / "VOC2007", folder / "whole" / "VOC2007", 10)
        return {_NUM_IMAGES // 10: folder / "tenth", _NUM_IMAGES: folder / "whole"}
    make_voc_tree(folder / "whole" / "VOC2007", _NUM_IMAGES)
    repeat_voc_tree(folder / "whole" / "VOC2007", folder / "tenfold" / "VOC2007", 10)
    return {_NUM_IMAGES: folder / "whole", _NUM_IMAGES * 10: folder / "tenfold"}


class _Benchmark:
    """Runs the programs, each time into a new place."""

    def __init__(self, folder: Path):
        self._output = folder / "output"
        self._label_map = folder / "label_map.pbtxt"
        items = (f"item {{ id: {n} name: '{name}' }}\n" for n, name in enumerate(CLASS_NAMES, 1))
        self._label_map.write_text("".join(items))

    def ours(self, tree: Path) -> list[str]:
        """The call of our command."""
        return [
            *(sys.executable, "-m", "odapi_ssd", "convert"),
            *("--data_dir", str(tree), "--output_dir", str(self._output)),
            *("--label_map_path", str(self._label_map), "--num_workers", "2"),
        ]

    def api(self, tree: Path) -> list[str]:
        """The call of the API's program."""
        return [
            *(sys.executable, "-c", _API_PROGRAM),
            *(f"--data_dir={tree}", "--year=VOC2007", "--set=train"),
            *(f"--label_map_path={self._label_map}", f"--output_path={self._output}/api.record"),
        ]

    def measure_in_turn(self, tree: Path, num_rounds: int) -> dict[str, tuple[float, float]]:
        """Medians of wall and processor seconds of ours, the API's and reading all files once."""
        commands = {"ours": self.ours(tree), "api": self.api(tree)}
        wall_s: dict[str, list[float]] = {name: [] for name in commands}
        processor_s: dict[str, list[float]] = {name: [] for name in commands}
        for round_idx in range(num_rounds + 1):  # The first is a warm-up.
            for name, command in commands.items():
                self._clear_output()
                used, start = _processor_s(), time.perf_counter()
                _wait(_start(command))
                if round_idx:
                    wall_s[name].append(time.perf_counter() - start)
                    processor_s[name].append(_processor_s() - used)
        medians = {
            name: (statistics.median(wall_s[name]), statistics.median(processor_s[name]))
            for name in commands
        }
        read_s = take_turns({"read": lambda: _read_all(tree)}, num_rounds=num_rounds)["read"]
        return {**medians, "reading all files once": (read_s, read_s)}

    def peak_bytes(self, command: Sequence[str]) -> int:
        """The most memory that a program and all of its processes had at one time."""
        self._clear_output()
        process, peak = _start(command), 0
        while process.poll() is None:
            peak = max(peak, _resident_bytes_of_tree(process.pid))
            time.sleep(0.02)
        _wait(process)
        return peak

    def _clear_output(self) -> None:
        shutil.rmtree(self._output, ignore_errors=True)
        self._output.mkdir()


def _start(command: Sequence[str]) -> "subprocess.Popen[str]":
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    )


def _wait(process: "subprocess.Popen[str]") -> None:
    _, log = process.communicate()
    if process.returncode != 0:
        sys.exit(log)


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _read_all(tree: Path) -> None:
    for path in tree.rglob("*.*"):
        path.read_bytes()


def _resident_bytes_of_tree(pid: int) -> int:
    """Sum over a process and its descendants; those that end meanwhile count as none."""
    total = 0
    try:
        fields = Path(f"/proc/{pid}/statm").read_text().split()
        total = int(fields[1]) * os.sysconf("SC_PAGE_SIZE")
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                total += _resident_bytes_of_tree(int(child))
    except (OSError, IndexError):
        pass
    return total


if __name__ == "__main__":
    main()
