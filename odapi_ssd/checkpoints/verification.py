"""Damaged checkpoints: found by reading all of one, named with what there is to go on from.

TensorFlow's reader compares every tensor with its checksum; what it says is never shown, as it
names neither the file nor what is wrong with it. 100 MB take about 0.03 s where they are cached.
"""

import shlex
from collections import Counter

from odapi_ssd.checkpoints.folder import FoundCheckpoint, find_checkpoints, look_at
from odapi_ssd.checkpoints.index_entries import unsound_tensors
from odapi_ssd.checkpoints.index_file import DamagedIndexError, parse_entries
from odapi_ssd.checkpoints.objects import has_sound_graph
from odapi_ssd.checkpoints.stored_files import read_bytes, split
from odapi_ssd.compat import import_tensorflow
from odapi_ssd.errors import OdapiError
from odapi_ssd.file_errors import file_error_words
from odapi_ssd.messages import count_of

__all__ = ["damaged_error", "find_faults", "is_good", "verify_checkpoint"]


def verify_checkpoint(prefix: str, go_on_with: str = "") -> None:
    """Reads every tensor of a checkpoint once.

    Args:
        prefix: the checkpoint.
        go_on_with: what a user writes before another checkpoint to take that one:
            "--checkpoint_dir".
    Raises:
        OdapiError: files of it are missing, truncated, damaged, or cannot be read; the newest good
            one before it is named.
    """
    found = look_at(prefix)
    if found is None:
        raise OdapiError(f"There is no checkpoint {prefix} (no file {prefix}.index).")
    faults = find_faults(found)
    if faults:
        raise damaged_error(found, faults, go_on_with)


def is_good(found: FoundCheckpoint) -> bool:
    """Whether every tensor of a checkpoint can be read."""
    return not find_faults(found)


def find_faults(found: FoundCheckpoint) -> list[str]:
    """Everything that is wrong with a checkpoint, one line per file; reads all tensors."""
    return found.faults or _damaged_data(found)


def damaged_error(found: FoundCheckpoint, faults: list[str], go_on_with: str = "") -> OdapiError:
    """The error for a checkpoint that cannot be used, with the one to go on from.

    Args:
        found: the checkpoint.
        faults: from `find_faults`.
        go_on_with: as for `verify_checkpoint`.
    """
    folder = split(found.prefix)[0]
    in_folder = find_checkpoints(folder)
    place = [one.name for one in in_folder].index(found.name)
    good = next(filter(is_good, reversed(in_folder[:place])), None)
    which = "the newest good one before it"
    if good is None:
        good = next(filter(is_good, reversed(in_folder[place + 1 :])), None)
        which = "a good one"
    if good is None:
        hint = (
            f"{folder} holds no other good one; copy the files again from where they came from, "
            "or take a checkpoint of another folder."
        )
    else:
        command = f"{go_on_with} {shlex.quote(good.prefix)}".strip()
        hint = f"{which} in {folder} is {good.name}; to go on from there: {command}"
    return OdapiError(f"The checkpoint {found.prefix} cannot be used:", details=faults, hint=hint)


def _damaged_data(found: FoundCheckpoint) -> list[str]:
    """The data files with tensors that do not match their checksums."""
    tf = import_tensorflow()
    damaged_index = [f"{found.name}.index: damaged"]
    if not _is_sound(found):
        return damaged_index
    try:
        reader = tf.train.load_checkpoint(found.prefix)
        names = list(reader.get_variable_to_shape_map())
    except (tf.errors.OpError, LookupError, RuntimeError, TypeError, ValueError):
        return damaged_index
    num_damaged: Counter[str] = Counter()
    for name in names:
        try:
            reader.get_tensor(name)
        except (tf.errors.OpError, LookupError, RuntimeError, TypeError, ValueError) as error:
            words = file_error_words(error) or "damaged (the checksum does not match)"
            num_damaged[f"{_data_file(found, name)}: {words}"] += 1
    if num_damaged:
        return [f"{line}, in {count_of(number, 'tensor')}" for line, number in num_damaged.items()]
    return [] if has_sound_graph(reader) else damaged_index


def _is_sound(found: FoundCheckpoint) -> bool:
    """Whether TensorFlow can be given the index: it ends the process on some."""
    try:
        return not unsound_tensors(parse_entries(read_bytes(f"{found.prefix}.index")))
    except (DamagedIndexError, OSError):
        return False


def _data_file(found: FoundCheckpoint, tensor: str) -> str:
    """The name of the data file that holds a tensor."""
    num_shards, shard = 1, 0
    if found.index is not None:
        num_shards, shard = found.index.num_shards, found.index.shard_of.get(tensor, 0)
    return f"{found.name}.data-{shard:05}-of-{num_shards:05}"
