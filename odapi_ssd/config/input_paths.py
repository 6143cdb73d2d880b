"""Record files that an `input_path` of a config names: as the API finds and opens them.

An `input_path` may be a glob pattern, and may lie on any file system that TensorFlow knows, such as
`gs://bucket/train.record-*`. TensorFlow is imported when a pattern is expanded or a remote file
opened.
"""

import os
from dataclasses import dataclass
from typing import Any

from odapi_ssd import compat
from odapi_ssd.config.paths import is_remote
from odapi_ssd.data.records.reader import ReadableFile, open_local
from odapi_ssd.data.records.shards import missing_shards

__all__ = ["MatchedFiles", "match_input_path", "open_record_file"]


@dataclass(frozen=True)
class MatchedFiles:
    """The files that one `input_path` matches.

    Attributes:
        paths: the files, sorted; folders left out.
        folders: folders that the pattern matches, sorted; the API cannot read them.
        missing_shards: names of files that the pattern would match and that the `-of-N` in the
            others' names promises, but that are absent.
    """

    paths: tuple[str, ...]
    folders: tuple[str, ...]
    missing_shards: tuple[str, ...]


def match_input_path(pattern: str) -> MatchedFiles:
    """Finds the files that the API would read for one `input_path`; none where it cannot look."""
    if "\0" in pattern:  # TensorFlow would look up what is before it.
        return MatchedFiles((), (), ())
    tf = compat.import_tensorflow()
    try:
        found = sorted(tf.io.gfile.glob(pattern))
    except tf.errors.OpError:
        found = []
    folders = tuple(path for path in found if os.path.isdir(path))
    paths = tuple(path for path in found if path not in folders)
    return MatchedFiles(paths, folders, tuple(missing_shards(pattern, found)))


def open_record_file(path: str) -> ReadableFile:
    """Opens a local or remote file for `data.records.reader`; raises OSError."""
    return _RemoteFile(path) if is_remote(path) else open_local(path)


class _RemoteFile:
    """A file that TensorFlow reads; its errors are OSErrors here."""

    def __init__(self, path: str):
        self._tf: Any = compat.import_tensorflow()
        self._path = path
        self._file = self._tf.io.gfile.GFile(path, "rb")

    def read(self, size: int, /) -> bytes:
        try:
            content: bytes = self._file.read(size)
        except self._tf.errors.OpError as error:
            raise OSError(None, error.message, self._path) from error
        return content

    def close(self) -> None:
        self._file.close()
