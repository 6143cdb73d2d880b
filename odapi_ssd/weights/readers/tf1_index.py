"""Checks the index of a TensorFlow checkpoint before TensorFlow reads it.

TensorFlow ends the process, without an exception, on an index whose checksums are right and whose
entries are not.
"""

from odapi_ssd.checkpoints.folder import look_at
from odapi_ssd.checkpoints.index_entries import is_in_parts, parse_entry, unsound_tensors
from odapi_ssd.checkpoints.index_file import DamagedIndexError, parse_entries
from odapi_ssd.checkpoints.stored_files import read_bytes
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import list_some
from odapi_ssd.weights.readers.weight_file import require_plain_names

__all__ = ["require_sound_index"]

_COPY_HINT = "download or copy its files again."


def require_sound_index(prefix: str) -> bool:
    """Makes sure that a checkpoint has all of its files, and that its index is consistent.

    Args:
        prefix: of the checkpoint's files.
    Returns:
        Whether there is an index; TensorFlow's first format has none.
    Raises:
        OdapiError: a file is missing, truncated or damaged.
    """
    found = look_at(prefix)
    if found is None:
        return False
    if found.faults:
        raise OdapiError(
            f"--weights {prefix} is not a TensorFlow checkpoint that can be read:",
            details=found.faults,
            hint=_COPY_HINT,
        )
    try:
        entries = parse_entries(read_bytes(f"{prefix}.index"))
        entries.pop(b"")
        names = [key.decode() for key in entries if not key.startswith(b"\0")]
    except (DamagedIndexError, UnicodeDecodeError, OSError) as error:
        raise OdapiError(
            f"--weights {prefix} is not a TensorFlow checkpoint that can be read: its index is "
            "damaged or compressed.",
            hint=_COPY_HINT,
        ) from error
    require_plain_names(prefix, names)
    unsound = unsound_tensors(entries) + [
        name for name in names if is_in_parts(parse_entry(entries[name.encode()]))
    ]
    if unsound or len(names) < len(entries):
        raise OdapiError(
            f"--weights {prefix} is damaged, or holds variables in parts: its index has no shape "
            f"and place for {list_some(unsound) or 'some'}.",
            hint=_COPY_HINT,
        )
    return True
