"""Paths of checkpoints: the prefix that a folder, a prefix or a file of a checkpoint stands for.

A checkpoint is a set of files with a common prefix: `ckpt-7.index`, `ckpt-7.data-00000-of-00001`.
TensorFlow is imported for folders and remote paths alone.
"""

import os
import re
from collections.abc import Callable

from odapi_ssd.checkpoints.folder import find_checkpoints, look_at, names_of_folder
from odapi_ssd.checkpoints.newest import newest_complete
from odapi_ssd.checkpoints.stored_files import is_folder, join
from odapi_ssd.checkpoints.verification import damaged_error, find_faults
from odapi_ssd.config.paths import relative_path_remedy
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import list_some

__all__ = ["ignore_warning", "resolve_checkpoint", "without_file_suffix"]

_FILE_SUFFIX = re.compile(r"\.(index|meta|data-\d{5}-of-\d{5})$")


def ignore_warning(sentence: str) -> None:
    """Takes a warning that nobody is to see."""


def resolve_checkpoint(
    path: str | os.PathLike[str],
    warn: Callable[[str], object] = ignore_warning,
    go_on_with: str = "",
) -> str:
    """The prefix of the checkpoint at a path.

    Args:
        path: a folder, whose newest complete checkpoint is taken; a prefix such as `runs/a/ckpt-7`;
            or one of the checkpoint's files. It may be remote (`gs://…`).
        warn: gets a sentence if another checkpoint than the folder's file `checkpoint` names is
            taken, or that file is missing or damaged.
        go_on_with: as for `verify_checkpoint`.
    Returns:
        The prefix; relative if the path is. Its data has not been read.
    Raises:
        OdapiError: there is no checkpoint; those in the folder or right below it are named.
    """
    path = os.fspath(path)
    if is_folder(path):
        return _newest_in(path, warn, go_on_with)
    prefix = without_file_suffix(path)
    for candidate in (path, prefix):
        found = look_at(candidate)
        if found is None:
            continue
        if not found.is_complete:
            raise damaged_error(found, find_faults(found), go_on_with)
        return candidate
    raise OdapiError(
        f"There is no checkpoint {path} (no file {prefix}.index).",
        hint="name a training run's folder or a prefix such as runs/my_run/ckpt-7; "
        f"{relative_path_remedy()}.",
    )


def without_file_suffix(path: str) -> str:
    """The prefix that a file of a checkpoint would have; a path with another ending stays."""
    return _FILE_SUFFIX.sub("", path)


def _newest_in(folder: str, warn: Callable[[str], object], go_on_with: str) -> str:
    newest = newest_complete(folder, go_on_with=go_on_with)
    if newest is not None:
        if newest.note is not None:
            warn(newest.note)
        return newest.prefix
    # An export, imported weights or a download of the API's has its checkpoint in `checkpoint/`.
    below = [join(folder, name) for name in sorted(names_of_folder(folder))]
    others = [
        found.prefix
        for subfolder in filter(is_folder, below)
        for found in find_checkpoints(subfolder)
    ]
    if others:
        raise OdapiError(
            f"{folder} holds no checkpoint itself.",
            hint=f"name one of the checkpoints right below it: {list_some(others)}.",
        )
    raise OdapiError(
        f"{folder} holds no checkpoint.",
        hint="give the --model_dir of a training run that has saved at least once.",
    )
