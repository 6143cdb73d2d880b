"""The state of a conversion's input as one digest, from which a second run knows that none changed.

Contents are not read: a file counts as unchanged if its path, size and times of change are. The
time of its last status change is among them, which no program can set back, as `cp -p` or `touch`
do with that of the last modification. Whatever cannot be told for sure gives no digest.
"""

import hashlib
import os
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import PIL

from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.image_store import ImageStore
from odapi_ssd.outputs.folder import OWN_PREFIXES
from odapi_ssd.outputs.manifest import Manifest

__all__ = ["InputState", "read_input_state"]

# Options that the files written do not depend on.
_WITHOUT_EFFECT = (
    "force", "label_map_path", "num_workers", "overwrite", "runner", "verify", "worker_paths",
)  # fmt: skip
# Two changes closer to each other than this may bear the same time: kernels count in ticks, and
# some file systems in seconds.
_TICK_NS = 20_000_000
_COARSE_TICK_NS = 2_000_000_000
# Around a dataset that is a single file there may be somebody's whole home.
_MAX_FILES_AROUND = 200_000


@dataclass(frozen=True)
class InputState:
    """The state of the files that a dataset is in, and of the options.

    Attributes:
        digest: hexadecimal; equal if nothing has changed.
        root_dir: all files below this folder are taken into account.
        num_files: how many they are.
    """

    digest: str
    root_dir: Path
    num_files: int

    def covers(self, dataset: Dataset) -> bool:
        """Whether all image files of a dataset are among the files that were looked at."""
        if not isinstance(dataset.images, ImageStore):
            return False
        return all(
            Path(folder).is_relative_to(self.root_dir) and ".." not in Path(folder).parts
            for folder in dataset.images.folders
        )


def read_input_state(
    data_dir: Path, output_dir: Path, options: ConversionOptions
) -> InputState | None:
    """Looks at all files of a dataset.

    Args:
        data_dir: its folder; of a dataset that is a file, all in the folder around it count.
        output_dir: where the conversion writes to; what an earlier one wrote there is no input.
        options: of the conversion.

    Returns:
        The state; None if a file cannot be looked at, or bears a time from the future.
    """
    root_dir, max_files = data_dir, None
    if data_dir.is_file():
        root_dir, max_files = data_dir.parent, _MAX_FILES_AROUND
    real_output_dir = os.path.realpath(output_dir)
    written = {os.path.join(real_output_dir, name) for name in Manifest.load(output_dir).files}
    try:
        state = _look(root_dir, written, max_files)
        waiting_ns = state.newest_ns + state.tick_ns - time.time_ns()
        if 0 < waiting_ns <= state.tick_ns:
            time.sleep(waiting_ns / 1e9)  # Whatever changes from now on bears a later time.
            state = _look(root_dir, written, max_files)
        if state.newest_ns + state.tick_ns > time.time_ns():
            return None
        digest = hashlib.sha256(state.digest)
        digest.update(_describe_options(data_dir, options).encode(errors="surrogateescape"))
        digest.update(_describe_program().encode())
        if options.label_map_path is not None:
            digest.update(options.label_map_path.read_bytes())
    except OSError:
        return None  # The conversion itself says what is wrong, if it matters.
    return InputState(digest.hexdigest(), root_dir, state.num_files)


@dataclass(frozen=True)
class _FilesState:
    digest: bytes
    num_files: int
    newest_ns: int
    tick_ns: int


def _look(root_dir: Path, excluded: Collection[str], max_files: int | None) -> _FilesState:
    digest, num_files, newest_ns, is_coarse = hashlib.sha256(), 0, 0, True
    for path, status in _files_below(str(root_dir), excluded):
        times_ns = (status.st_mtime_ns, status.st_ctime_ns)
        digest.update(os.fsencode(f"{path}\0{status.st_size} {times_ns}\0"))
        num_files += 1
        newest_ns = max(newest_ns, *times_ns)
        is_coarse &= status.st_ctime_ns % 1_000_000_000 == 0
        if num_files == max_files:
            raise OSError("too many files")
    tick_ns = _COARSE_TICK_NS if is_coarse else _TICK_NS
    return _FilesState(digest.digest(), num_files, newest_ns, tick_ns)


def _files_below(root_dir: str, excluded: Collection[str]) -> Iterator[tuple[str, os.stat_result]]:
    """All files by their paths from a folder, hidden ones too, also through links; in an order."""
    seen: set[tuple[int, int]] = set()
    folders = [""]
    while folders:
        inside = folders.pop()
        folder = os.path.join(root_dir, inside)
        status = os.stat(folder)
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        real_folder = os.path.realpath(folder)
        with os.scandir(folder) as entries:
            names = sorted((entry.name, entry.is_dir()) for entry in entries)
        for name, is_folder in names:
            if name.startswith(OWN_PREFIXES) or os.path.join(real_folder, name) in excluded:
                continue
            if is_folder:
                folders.append(os.path.join(inside, name))
            else:
                yield os.path.join(inside, name), _status_of(os.path.join(folder, name))


def _status_of(path: str) -> os.stat_result:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return os.lstat(path)  # A link that leads nowhere yet.


def _describe_options(data_dir: Path, options: ConversionOptions) -> str:
    """Where the dataset is and what is done with it."""
    values = {
        field.name: getattr(options, field.name)
        for field in fields(options)
        if field.name not in _WITHOUT_EFFECT
    }
    verify = options.verify and f"{options.verify.__module__}.{options.verify.__qualname__}"
    return repr((os.path.realpath(data_dir), sorted(values.items()), verify))


def _describe_program() -> str:
    """Its files, which are others after an update or an edit, and the library that re-encodes."""
    program_dir = Path(__file__).parents[1]
    sources = [(str(path), path.stat()) for path in sorted(program_dir.rglob("*.py"))]
    states = [(path, status.st_size, status.st_mtime_ns) for path, status in sources]
    return repr((PIL.__version__, states))
