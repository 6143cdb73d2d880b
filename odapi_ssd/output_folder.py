"""Whether a command may write into a folder: not if that harms what others have put there.

A command finds out what is in its way, with one of the functions here or its own test, and leaves
the refusal to `require_own_folder`.
"""

import json
import os
import re
from pathlib import Path

from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import list_some

__all__ = ["exported_model_in", "require_own_folder", "training_run_in", "unmarked_content"]

_FolderPath = str | os.PathLike[str]

# `gs://bucket`, also with the single slash that `Path` leaves of it.
_REMOTE = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)


def require_own_folder(option: str, folder: _FolderPath, foreign: str | None, hint: str) -> None:
    """Makes sure that a command may write into a folder.

    Args:
        option: the command's option that names the folder: `output_dir`.
        folder: the folder; it need not exist.
        foreign: what it holds that the command must not touch; None for nothing.
        hint: which folder to give instead.
    Raises:
        OdapiError: it may not; the message names what is in the way.
    """
    if _REMOTE.match(os.fspath(folder)):
        raise OdapiError(
            f"--{option} {folder} is on a remote file system.",
            hint="write into a local folder and copy that.",
        )
    if foreign is not None:
        raise OdapiError(f"--{option} {folder} holds {foreign}; nothing was changed.", hint=hint)


def training_run_in(folder: _FolderPath) -> str | None:
    """The training run that a folder holds, in words; None if it holds none."""
    is_run = (Path(folder) / "checkpoint").is_file()
    return "a training run (its file checkpoint)" if is_run else None


def exported_model_in(folder: _FolderPath) -> str | None:
    """The exported model that a folder holds, in words; None if it holds none."""
    is_export = (Path(folder) / "saved_model").exists()
    return "an exported model (saved_model)" if is_export else None


def unmarked_content(folder: _FolderPath, marker_name: str, made_by: str) -> str | None:
    """What a folder holds if it was not made by a command, in words; None if it was, or is empty.

    Args:
        folder: the folder; it need not exist.
        marker_name: the JSON file that the command writes into its folders.
        made_by: the command, as the marker's entry `made_by` has it.
    """
    folder = Path(folder)
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if not names or _is_marked(folder / marker_name, made_by):
        return None
    return f"{list_some(names)} and was not made by {made_by}"


def _is_marked(marker_path: Path, made_by: str) -> bool:
    try:
        return bool(json.loads(marker_path.read_text(encoding="utf-8"))["made_by"] == made_by)
    except (OSError, ValueError, KeyError, TypeError):
        return False
