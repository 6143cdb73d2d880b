"""Reads the pickles in PyTorch files without running anything in them.

A pickle is a program for a stack machine. This machine knows the instructions that torch.save uses
(pickle protocol 2), and stands in for the few functions that state dicts call (`torch_tensors`);
none is called, and no other is accepted. What it makes, and how long it takes, is proportional to
the pickle's length: values are never copied, and keys are such that a dictionary stays fast.
"""

import io
import pickletools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from odapi_ssd.weights.readers.torch_tensors import (
    CALLS,
    DamagedFileError,
    Name,
    RefusedNameError,
    Storage,
    make_storage,
)

__all__ = ["Unpickled", "unpickle"]

# More than any of the functions takes.
_MAX_ARGUMENTS = 16
# Far larger ones can be chosen to have the same hash.
_MAX_KEY = 2**32


@dataclass(frozen=True)
class Unpickled:
    """The content of a pickle.

    Attributes:
        value: None, a bool, number, string, bytes, list, tuple, dict or an object of
            `torch_tensors`, nested. An OrderedDict is a dict.
        storages: all storages that it refers to, by key.
    """

    value: Any
    storages: dict[str, Storage]


def unpickle(file: io.BytesIO) -> Unpickled:
    """Reads the pickle at a file's position, which is left at the pickle's end.

    Raises:
        DamagedFileError: it is not a pickle of torch.save.
        RefusedNameError: it asks for more than tensors and plain containers.
    """
    machine = _Machine()
    try:
        for opcode, argument, _ in pickletools.genops(file):
            if opcode.name == "STOP":
                return Unpickled(machine.pop(), machine.storages)
            if opcode.name not in _INSTRUCTIONS:
                raise DamagedFileError(f"unexpected instruction {opcode.name}")
            _INSTRUCTIONS[opcode.name](machine, argument)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise DamagedFileError("its list of tensors is cut off or garbled") from error
    raise DamagedFileError("its list of tensors has no end")


class _Machine:
    """The stack, the outer parts of it that marks have set aside, and the memo."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.outer: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.storages: dict[str, Storage] = {}

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        return self.stack.pop()

    def pop_some(self, number: int) -> list[Any]:
        return [self.stack.pop() for _ in range(number)][::-1]

    def mark(self) -> None:
        self.outer.append(self.stack)
        self.stack = []

    def pop_to_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.outer.pop()
        return items

    def remember(self, index: int) -> None:
        self.memo[index] = self.stack[-1]

    def recall(self, index: int) -> None:
        self.push(self.memo[index])

    def append(self, items: list[Any]) -> None:
        if not isinstance(self.stack[-1], list):
            raise DamagedFileError("something is added to what is not a list")
        self.stack[-1].extend(items)

    def set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        for key, value in zip(items[::2], items[1::2], strict=True):
            is_plain = isinstance(key, str | bytes) or (
                isinstance(key, int) and abs(key) < _MAX_KEY
            )
            if not isinstance(target, dict) or not is_plain:
                raise DamagedFileError("an entry has no plain name")
            target[key] = value

    def name(self, argument: str) -> None:
        """A class or function, as `module name`: those of CALLS, and types in `torch` itself."""
        name = argument.replace(" ", ".", 1)
        module, _, _ = name.rpartition(".")
        if name not in CALLS and module not in ("torch", "torch.storage"):
            raise RefusedNameError(name)
        self.push(Name(name))

    def call(self) -> None:
        function, arguments = self.pop_some(2)
        if function.name not in CALLS:
            raise RefusedNameError(function.name)
        if not isinstance(arguments, tuple) or len(arguments) > _MAX_ARGUMENTS:
            raise DamagedFileError(f"{function.name} has too many arguments")
        self.push(CALLS[function.name](*arguments))

    def storage(self) -> None:
        kind, *fields = self.pop()
        if kind not in ("storage", b"storage"):
            raise RefusedNameError("a module's source code")
        storage = make_storage(fields)
        known = self.storages.setdefault(storage.key, storage)
        if known.num_bytes != storage.num_bytes:
            raise DamagedFileError("a storage has two sizes")
        self.push(storage)


_Instruction = Callable[[_Machine, Any], None]


def _instructions() -> Iterator[tuple[str, _Instruction]]:
    yield "PROTO", lambda machine, version: None
    yield "MARK", lambda machine, _: machine.mark()
    for name in (
        *("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"),
        *("BINUNICODE", "SHORT_BINSTRING", "BINSTRING"),
    ):
        yield name, _Machine.push
    yield "NONE", lambda machine, _: machine.push(None)
    yield "NEWTRUE", lambda machine, _: machine.push(True)
    yield "NEWFALSE", lambda machine, _: machine.push(False)
    yield "EMPTY_DICT", lambda machine, _: machine.push({})
    yield "EMPTY_LIST", lambda machine, _: machine.push([])
    yield "EMPTY_TUPLE", lambda machine, _: machine.push(())
    yield "TUPLE", lambda machine, _: machine.push(tuple(machine.pop_to_mark()))
    for number in (1, 2, 3):
        yield f"TUPLE{number}", _tuple_of(number)
    yield "APPEND", lambda machine, _: machine.append(machine.pop_some(1))
    yield "APPENDS", lambda machine, _: machine.append(machine.pop_to_mark())
    yield "SETITEM", lambda machine, _: machine.set_items(machine.pop_some(2))
    yield "SETITEMS", lambda machine, _: machine.set_items(machine.pop_to_mark())
    for prefix in ("", "LONG_"):
        yield f"{prefix}BINPUT", _Machine.remember
        yield f"{prefix}BINGET", _Machine.recall
    yield "GLOBAL", _Machine.name
    yield "REDUCE", lambda machine, _: machine.call()
    yield "BINPERSID", lambda machine, _: machine.storage()
    # The attributes of an OrderedDict or a parameter, which nothing here needs.
    yield "BUILD", lambda machine, _: machine.pop()


def _tuple_of(number: int) -> _Instruction:
    return lambda machine, _: machine.push(tuple(machine.pop_some(number)))


_INSTRUCTIONS = dict(_instructions())
