"""Reads a JSON file whose root holds long lists, item by item: no more than one is in memory.

A COCO file of 450 MB becomes gigabytes of Python objects when it is parsed as a whole. Here the
text goes through a buffer and Python's own parser takes one value after another out of it.
"""

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from odapi_ssd.data.json_values import WrongJsonError
from odapi_ssd.data.text_files import encoding_of, utf8_fault

__all__ = ["JsonLists"]

_BLOCK_BYTES = 1024 * 1024
_MAX_VALUE_CHARS = 64 * 1024 * 1024
_MAX_CUT_CHARS = 2  # `e+`
_WHITE_SPACE = " \t\n\r"


class JsonLists:
    """An open file, as a context manager; iterating gives the entries of its root object.

    Each comes as its key and an iterator over the items of its list; None in place of that for a
    value of another kind. Items that were not taken when the next entry is asked for are skipped.

    Errors while iterating:
        WrongJsonError: the file is not text in UTF-8, or in UTF-16 with its byte order mark, not
            JSON, or not an object; or a single value is longer than 64 MiB.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path, max_bytes: int | None = None):
        """Opens the file.

        Args:
            path: the file.
            max_bytes: how much of it to read; it seems to end there. None for all.

        Raises:
            OSError: it cannot be opened.
        """
        self._file: BinaryIO = path.open("rb")
        self._num_bytes_left = max_bytes
        self._decoder: codecs.IncrementalDecoder | None = None
        self._parse = json.JSONDecoder().raw_decode
        self._text, self._position, self._is_complete = "", 0, False
        self._num_lines = 0  # before the buffer
        self._num_columns = 0  # before the buffer, in the line that it begins in

    def __enter__(self) -> "JsonLists":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[tuple[str, Iterator[Any] | None]]:
        if self._next_sign() != "{":
            raise WrongJsonError("its content is not an object { }")
        self._position += 1
        if self._next_sign() == "}":
            self._position += 1
        else:
            yield from self._entries()
        if self._next_sign():
            raise self._fault()

    def _entries(self) -> Iterator[tuple[str, Iterator[Any] | None]]:
        while True:
            if self._next_sign() != '"':
                raise self._fault()
            key = self._value()
            self._take(":")
            if self._next_sign() == "[":
                items = self._items()
                yield key, items
                for _ in items:
                    pass
            else:
                self._value()
                yield key, None
            if self._take(",}") == "}":
                return

    def _items(self) -> Iterator[Any]:
        self._take("[")
        if self._next_sign() == "]":
            self._position += 1
            return
        while True:
            yield self._value()
            if self._take(",]") == "]":
                return

    def _take(self, signs: str) -> str:
        """One of several signs, or an error."""
        sign = self._next_sign()
        if not sign or sign not in signs:
            raise self._fault()
        self._position += 1
        return sign

    def _next_sign(self) -> str:
        """The next character that is not white space, which is not taken; empty at the end."""
        while True:
            text, position = self._text, self._position
            while position < len(text) and text[position] in _WHITE_SPACE:
                position += 1
            self._position = position
            if position < len(text):
                return text[position]
            if not self._read_more():
                return ""

    def _value(self) -> Any:
        self._next_sign()
        while True:
            try:
                value, end = self._parse(self._text, self._position)
            except json.JSONDecodeError as error:
                # A value that is cut off by the buffer's end looks the same as a faulty one.
                if not self._read_more():
                    raise self._fault(error.pos) from error
                continue
            except (ValueError, RecursionError) as error:  # thousands of digits; too many [
                raise WrongJsonError(f"it is not JSON that can be read, {self._place()}") from error
            if end + _MAX_CUT_CHARS >= len(self._text) and self._read_more():
                continue  # A number may go on: of `1e+` it is the 1 that was parsed.
            self._position = end
            return value

    def _read_more(self) -> bool:
        """Appends to the buffer at least as much as is left in it; False at the file's end."""
        if self._is_complete:
            return False
        self._drop_taken()
        if len(self._text) > _MAX_VALUE_CHARS:
            raise WrongJsonError(f"it is not JSON, or a value is too long, {self._place()}")
        size = max(_BLOCK_BYTES, len(self._text))
        if self._num_bytes_left is not None:
            size = min(size, self._num_bytes_left)
            self._num_bytes_left -= size
        block = self._file.read(size)
        self._is_complete = len(block) < size or self._num_bytes_left == 0
        if self._decoder is None:
            self._decoder = codecs.getincrementaldecoder(encoding_of(block))()
        try:
            is_cut = self._num_bytes_left == 0
            self._text += self._decoder.decode(block, final=self._is_complete and not is_cut)
        except UnicodeDecodeError as error:
            raise WrongJsonError(utf8_fault(error)) from error
        return True

    def _drop_taken(self) -> None:
        taken = self._text[: self._position]
        num_lines = taken.count("\n")
        self._num_lines += num_lines
        last = len(taken) - taken.rfind("\n") - 1 if num_lines else self._num_columns + len(taken)
        self._num_columns = last
        self._text, self._position = self._text[self._position :], 0

    def _fault(self, position: int | None = None) -> WrongJsonError:
        return WrongJsonError(f"it is not JSON, {self._place(position)}")

    def _place(self, position: int | None = None) -> str:
        before = self._text[: self._position if position is None else position]
        num_lines = before.count("\n")
        column = (
            len(before) - before.rfind("\n") if num_lines else self._num_columns + len(before) + 1
        )
        return f"see line {self._num_lines + num_lines + 1:,}, column {column:,}"
