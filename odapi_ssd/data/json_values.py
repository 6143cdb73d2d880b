"""Reads JSON files whose entries must have certain types, and says where one does not."""

import json
import math
import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from odapi_ssd.data.text_files import decode_text, utf8_fault

__all__ = ["JsonObject", "WrongJsonError", "read_json"]

_MAX_SHOWN = 40
_SHORT = reprlib.Repr()  # does not go down a thousand levels either
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = 100


class WrongJsonError(Exception):
    """A file does not hold the JSON that was expected; the text says why, without the path."""


class JsonObject:
    """An object of a JSON file, whose entries are read with their types checked.

    Attributes:
        where: its own place in the file, for messages; empty for the root.
    """

    def __init__(self, values: Any, where: str = ""):
        """Takes a parsed value.

        Raises:
            WrongJsonError: it is not an object.
        """
        if not isinstance(values, dict):
            raise _wrong(where or "its content", values, "an object { }")
        self.where = where
        self._values: Mapping[str, Any] = values

    def __iter__(self) -> Any:
        return iter(self._values)

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def has(self, key: str) -> bool:
        """Whether there is an entry, and not null."""
        return self._values.get(key) is not None

    def kind(self, key: str) -> type:
        """The Python type of an entry; that of None where there is none."""
        return type(self._values.get(key))

    def number(self, key: str, default: float | None = None) -> float:
        """A finite number; the default, if one is given, where there is no entry."""
        return _finite(self._value(key, default), self._path(key))

    def numbers(self, key: str) -> list[float]:
        """A list of finite numbers."""
        path = self._path(key)
        return [_finite(item, f"{path}[{index}]") for index, item in enumerate(self.items(key))]

    def flag(self, key: str, default: bool) -> bool:
        """True, false, or 1 or 0 for them; the default where there is no entry, or null."""
        value = self._values.get(key)
        if value is None:
            return default
        if not isinstance(value, int) or value not in (0, 1):
            raise _wrong(self._path(key), value, "0 or 1")
        return bool(value)

    def get(self, key: str) -> Any:
        """An entry as it is, of whatever type; None where there is none."""
        return self._values.get(key)

    def integer(self, key: str, default: int | None = None) -> int:
        """A whole number; the default, if one is given, where there is no entry."""
        value = self._value(key, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise _wrong(self._path(key), value, "a whole number")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A text; the default, if one is given, where there is no entry."""
        value = self._value(key, default)
        if not isinstance(value, str):
            raise _wrong(self._path(key), value, "a text")
        return value

    def object(self, key: str, default: Mapping[str, Any] | None = None) -> "JsonObject":
        """An object; the default, if one is given, where there is no entry."""
        return JsonObject(self._value(key, default), self._path(key))

    def items(self, key: str, default: tuple[Any, ...] | None = None) -> list[Any]:
        """A list, whose items are as they are; the default where there is no entry."""
        value = self._value(key, default)
        if not isinstance(value, list | tuple):
            raise _wrong(self._path(key), value, "a list [ ]")
        return list(value)

    def objects(self, key: str, default: tuple[Any, ...] | None = None) -> list["JsonObject"]:
        """A list of objects; the default where there is no entry."""
        return [
            JsonObject(item, f"{self._path(key)}[{index}]")
            for index, item in enumerate(self.items(key, default))
        ]

    def _value(self, key: str, default: Any) -> Any:
        if key in self._values:
            return self._values[key]
        if default is None:
            raise WrongJsonError(f"the entry {self._path(key)} is missing")
        return default

    def _path(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key


def read_json(path: Path) -> JsonObject:
    """The root of a file.

    Raises:
        WrongJsonError: it is not text in UTF-8 or UTF-16, not JSON, or not an object.
        OSError: it cannot be read.
    """
    try:
        return JsonObject(json.loads(decode_text(path.read_bytes())))
    except UnicodeDecodeError as error:
        raise WrongJsonError(utf8_fault(error)) from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise WrongJsonError(f"it is not JSON, see {place}") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; too many [
        raise WrongJsonError("it is not JSON that can be read") from error


def _finite(value: Any, path: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _wrong(path, value, "a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _wrong(path, value, "a finite number")
    return number


def _wrong(path: str, value: Any, expected: str) -> WrongJsonError:
    shown = _SHORT.repr(value)
    if len(shown) > _MAX_SHOWN:
        shown = f"{shown[:_MAX_SHOWN]}…"
    return WrongJsonError(f"{path} is {shown}, {expected} was expected")
