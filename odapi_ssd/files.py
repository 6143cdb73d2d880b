"""Writing files so that nobody ever finds a half-written one."""

import contextlib
import os
import secrets
import stat
from pathlib import Path

from odapi_ssd.errors import OdapiError

__all__ = ["write_text"]


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Writes a UTF-8 file, which appears under its name only when it is complete.

    Args:
        path: the file; missing folders are made; one that is there is replaced, its
            mode kept.
        text: its content.
    Raises:
        OdapiError: it cannot be written.
    """
    path = Path(path).resolve()  # a link stays one
    temporary = path.parent / f".{path.name}.{secrets.token_hex(8)}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Unlike `tempfile`, which makes files for their owner alone, this heeds the umask.
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        if path.exists():
            temporary.chmod(stat.S_IMODE(path.stat().st_mode))
        os.replace(temporary, path)
    except OSError as error:
        raise OdapiError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
