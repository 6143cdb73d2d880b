"""Paths of checkpoints: the prefix that a folder, a prefix or a file of a checkpoint stands for.

A checkpoint is a set of files with a common prefix: `ckpt-7.index`, `ckpt-7.data-00000-of-00001`.
TensorFlow is imported for folders and remote paths alone.
"""

import glob
import os
import re

from odapi_ssd.compat import import_tensorflow
from odapi_ssd.config.paths import is_remote, relative_path_remedy
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import list_some

__all__ = ["latest_checkpoint", "resolve_checkpoint", "without_file_suffix"]

_FILE_SUFFIX = re.compile(r"\.(index|meta|data-\d{5}-of-\d{5})$")


def resolve_checkpoint(path: str | os.PathLike[str]) -> str:
    """The prefix of the checkpoint at a path.

    Args:
        path: a folder, whose newest complete checkpoint is taken; a prefix such as `runs/a/ckpt-7`;
            or one of the checkpoint's files. It may be remote (`gs://…`).
    Returns:
        The prefix; relative if the path is.
    Raises:
        OdapiError: there is no checkpoint; those in the folder or right below it are named.
    """
    path = os.fspath(path)
    if _is_folder(path):
        return _newest_in(path)
    prefix = without_file_suffix(path)
    for candidate in (path, prefix):
        if _exists(f"{candidate}.index"):
            return candidate
    raise OdapiError(
        f"There is no checkpoint {path} (no file {prefix}.index).",
        hint="name a training run's folder or a prefix such as runs/my_run/ckpt-7; "
        f"{relative_path_remedy()}.",
    )


def without_file_suffix(path: str) -> str:
    """The prefix that a file of a checkpoint would have; a path with another ending stays."""
    return _FILE_SUFFIX.sub("", path)


def latest_checkpoint(folder: str | os.PathLike[str]) -> str | None:
    """The prefix of the newest complete checkpoint in a folder; None if there is none."""
    prefix: str | None = import_tensorflow().train.latest_checkpoint(os.fspath(folder))
    return prefix


def _newest_in(folder: str) -> str:
    newest = latest_checkpoint(folder)
    if newest is not None:
        return newest
    # An export, imported weights or a download of the API's has its checkpoint in `checkpoint/`.
    others = [*_prefixes(folder, "*.index"), *_prefixes(folder, "*/*.index")]
    if others:
        raise OdapiError(
            f"{folder} holds no file `checkpoint` that names its newest checkpoint.",
            hint=f"name one of its checkpoints: {list_some(others)}.",
        )
    raise OdapiError(
        f"{folder} holds no checkpoint.",
        hint="give the --model_dir of a training run that has saved at least once.",
    )


def _is_folder(path: str) -> bool:
    if is_remote(path):
        return bool(import_tensorflow().io.gfile.isdir(path))
    return os.path.isdir(path)


def _exists(path: str) -> bool:
    if is_remote(path):
        return bool(import_tensorflow().io.gfile.exists(path))
    return os.path.isfile(path)


def _prefixes(folder: str, pattern: str) -> list[str]:
    """The prefixes of the index files in a folder that match a pattern."""
    if is_remote(folder):
        indices = import_tensorflow().io.gfile.glob(f"{folder.rstrip('/')}/{pattern}")
    else:
        indices = glob.glob(os.path.join(glob.escape(folder), pattern))
    # Shorter ones first, so that ckpt-9 comes before ckpt-10.
    return sorted(map(without_file_suffix, indices), key=lambda prefix: (len(prefix), prefix))
