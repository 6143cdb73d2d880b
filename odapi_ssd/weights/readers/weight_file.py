"""Recognizes weight files that are something else: a web page, a Git LFS pointer, another format.

Only the first bytes are looked at, and the last few. For a file that is not what a reader expects,
the message names the format that it has.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from odapi_ssd.errors import OdapiError

__all__ = [
    "HDF5",
    "TENSORFLOW",
    "TORCH_LEGACY",
    "ZIP",
    "FileKind",
    "kind_of",
    "not_expected",
    "require_file",
    "require_plain_names",
]

HDF5 = b"\x89HDF\r\n\x1a\n"
ZIP = b"PK\x03\x04"
# The pickled number that torch.save wrote first up to PyTorch 1.5.
TORCH_LEGACY = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
# A LevelDB table, as which TensorFlow writes a checkpoint's index and, in TF1's first format, all.
_TABLE_END = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"

_HEAD_BYTES = 4096
_QUOTED_CHARACTERS = 60
# Longer ones are in no network, and would fill the messages that list them.
_MAX_NAME = 500


@dataclass(frozen=True)
class FileKind:
    """A format that a file seems to have.

    Attributes:
        what: the format, as in "is not … but WHAT".
        hint: what to do with such a file; None where nothing is known.
    """

    what: str
    hint: str | None = None


_DOWNLOAD_AGAIN = (
    "a server sent this instead of the file, as pages for logging in or confirming do; download it "
    "again, and compare its size with the published one."
)
TENSORFLOW = FileKind("a file of a TensorFlow checkpoint", "--from slim takes TF1 checkpoints.")
_DECOMPRESS = FileKind("a compressed file", "decompress it, and give the file inside.")
_KINDS = {
    b"version https://git-lfs": FileKind(
        "a Git LFS pointer, which stands for the file", "run `git lfs pull` in its repository."
    ),
    HDF5: FileKind("an HDF5 file, as Keras writes", "--from keras takes Keras's."),
    TORCH_LEGACY: FileKind("a PyTorch file", "--from torchvision and --from tutorial take one."),
    ZIP: FileKind("a ZIP archive, such as a PyTorch file or a Keras 3 model"),
    **dict.fromkeys((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf"),
                    _DECOMPRESS),
    **{
        bytes([0x80, protocol]): FileKind("a Python pickle that torch.save has not written")
        for protocol in range(2, 6)
    },
}  # fmt: skip


def require_file(path: Path, expected: str) -> None:
    """Makes sure that there is a readable file.

    Args:
        path: the file.
        expected: what it should be, for the message: "a Keras weight file (.h5)".
    Raises:
        OdapiError: there is none.
    """
    if path.is_file():
        if not os.access(path, os.R_OK):
            raise OdapiError(
                f"--weights {path} cannot be read: permission denied.",
                hint=f"chmod u+r {path}, or ask its owner.",
            )
        return
    what = "does not exist"
    if path.exists():
        what = "is a folder" if path.is_dir() else "is not a regular file"
    raise OdapiError(f"--weights {path} {what}; {expected} was expected.")


def kind_of(path: Path) -> FileKind:
    """The format of an existing file, by its content alone."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        file.seek(max(0, path.stat().st_size - len(_TABLE_END)))
        tail = file.read(len(_TABLE_END))
    if not head:
        return FileKind("empty", "download or copy it again.")
    for signature, kind in _KINDS.items():
        if head.startswith(signature):
            return kind
    if head[257:262] == b"ustar":
        return FileKind("a tar archive", "give a file inside; PyTorch before 0.2 wrote such files.")
    if tail == _TABLE_END:
        return TENSORFLOW
    if head[8:10] == b'{"' and int.from_bytes(head[:8], "little") < path.stat().st_size:
        return FileKind(
            "a safetensors file",
            "convert it: torch.save(safetensors.torch.load_file(F), 'state_dict.pth').",
        )
    return _kind_of_text(head)


def _kind_of_text(head: bytes) -> FileKind:
    if not head.strip(b"\0"):
        return FileKind(
            "zeros, as an interrupted download leaves them", "download or copy it again."
        )
    # The last character may be cut.
    text = head.decode("utf-8-sig", "replace").rstrip("\ufffd").strip()
    if "\ufffd" in text or not all(one.isprintable() or one.isspace() for one in text):
        return FileKind("data in no format that is known here")
    if text[:1] == "<":
        is_page = "<html" in text.lower() or text.lower().startswith("<!doctype html")
        return FileKind("a web page (HTML)" if is_page else "an XML document", _DOWNLOAD_AGAIN)
    first = " ".join(text[:_QUOTED_CHARACTERS].split())
    return FileKind(f"text that begins with {first!r}", _DOWNLOAD_AGAIN)


def not_expected(path: Path, expected: str, hint: str) -> OdapiError:
    """The error for a file that is not what was expected.

    Args:
        path: the file.
        expected: what it should be: "a PyTorch file".
        hint: what to do if nothing better is known about the format that it has.
    """
    kind = kind_of(path)
    return OdapiError(f"{path} is not {expected}, but {kind.what}.", hint=kind.hint or hint)


def require_plain_names(path: Path | str, names: Iterable[str]) -> None:
    """Refuses names that would garble a terminal or fill messages; no network has such.

    Raises:
        OdapiError: a name is long or has control characters.
    """
    for name in names:
        if len(name) > _MAX_NAME or not name.isprintable():
            shown = ascii(name[:_QUOTED_CHARACTERS])
            raise OdapiError(
                f"{path} is damaged, or not a weight file: an array's name begins with {shown} and "
                f"has {len(name):,} characters; printable ones, at most {_MAX_NAME}, were expected."
            )
