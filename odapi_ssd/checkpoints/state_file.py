"""The file `checkpoint` of a folder, which names its newest checkpoint.

TensorFlow's `CheckpointState` as text. A sync that was cut short, a full disk or a copy of
`ckpt-*` alone leave a folder without it, or with one that is not of these checkpoints.
"""

from dataclasses import dataclass

from odapi_ssd.checkpoints.stored_files import is_folder, join, read_bytes, readable_size
from odapi_ssd.compat import import_tensorflow
from odapi_ssd.config.paths import is_remote
from odapi_ssd.file_errors import file_error_words

__all__ = ["STATE_NAME", "CheckpointState", "is_absolute", "read_state"]

STATE_NAME = "checkpoint"


@dataclass(frozen=True)
class CheckpointState:
    """The content of a state file.

    Attributes:
        named: the prefix that it names, as it is written there: relative to the folder, or
            absolute; None if it names none.
        fault: why it names none: "is empty"; None if it does.
    """

    named: str | None
    fault: str | None


def read_state(folder: str) -> CheckpointState | None:
    """The state file of a folder; None if there is none.

    A folder of the name `checkpoint`, as an export has it, is not a state file.
    """
    path = join(folder, STATE_NAME)
    if is_folder(path):
        return None
    try:
        readable_size(path)
        return _parse(read_bytes(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        return CheckpointState(None, f"cannot be read ({file_error_words(error)})")


def _parse(content: bytes) -> CheckpointState:
    if not content.strip():
        return CheckpointState(None, "is empty")
    import_tensorflow()
    from google.protobuf import text_format
    from tensorflow.python.training import checkpoint_state_pb2

    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return CheckpointState(None, "is damaged (not UTF-8 text)")
    try:
        state = text_format.Parse(text, checkpoint_state_pb2.CheckpointState())
    except (text_format.ParseError, UnicodeError):
        return CheckpointState(None, "is damaged (not the text that TensorFlow writes, or half)")
    if not state.model_checkpoint_path:
        return CheckpointState(None, "names no checkpoint")
    return CheckpointState(state.model_checkpoint_path, None)


def is_absolute(path: str) -> bool:
    """Whether a path in a state file does not count from the state file's folder."""
    return path.startswith("/") or is_remote(path)
