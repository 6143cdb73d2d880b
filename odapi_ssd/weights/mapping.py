"""Turns the arrays of a weight file into values of our variables, by rules. NumPy alone.

The files come from strangers. No array is read before its shape is known to be the expected one: a
small file can declare one that fills the memory.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of, list_some

__all__ = [
    "Array",
    "MappedWeights",
    "Rule",
    "StoredArray",
    "map_weights",
    "shape_text",
    "unchanged",
]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class StoredArray:
    """An array of a file.

    Attributes:
        shape: as the file declares it.
        read: gives the array.
    """

    shape: tuple[int, ...]
    read: Callable[[], Array]


def unchanged(array: Array) -> Array:
    """The array itself."""
    return array


@dataclass(frozen=True)
class Rule:
    """Where the value of one of our variables comes from.

    Attributes:
        target: our variable, `layer/kernel`.
        source: the name of the array in the file.
        shape: what its shape has to be.
        convert: turns it into our variable's value.
    """

    target: str
    source: str
    shape: tuple[int, ...]
    convert: Callable[[Array], Array] = unchanged


@dataclass(frozen=True)
class MappedWeights:
    """What became of a file's arrays.

    Attributes:
        values: float32 values by the names of our variables.
        sources: the array that each came from, by the same names.
        left: the names of the arrays that nothing came from.
    """

    values: dict[str, Array]
    sources: dict[str, str]
    left: list[str]


def map_weights(
    rules: Sequence[Rule],
    stored: Mapping[str, StoredArray],
    origin: str,
    what: str,
    misfit_hint: str | None = None,
) -> MappedWeights:
    """Applies rules to the arrays of a file.

    Args:
        rules: one for each of our variables.
        stored: the file's arrays by name.
        origin: the file, for messages.
        what: whose weights it should hold, for messages.
        misfit_hint: what to do about arrays of other shapes; None where that is not known.
    Raises:
        OdapiError: an array is missing, has another shape, or holds what is no finite number; all
            such arrays are named.
    """
    _require_all(rules, stored, origin, what)
    misfits = [
        f"{rule.source}: {shape_text(stored[rule.source].shape)} in the file, "
        f"{shape_text(rule.shape)} expected"
        for rule in rules
        if stored[rule.source].shape != rule.shape
    ]
    if misfits:
        arrays = count_of(len(misfits), "array has another shape", "arrays have other shapes")
        raise OdapiError(
            f"{origin} does not fit {what}: {arrays}.", details=misfits, hint=misfit_hint
        )
    values, faults = {}, []
    for rule in rules:
        array = stored[rule.source].read()
        if array.dtype.kind != "f":
            faults.append(f"{rule.source} holds {array.dtype}, not floating-point numbers")
            continue
        with np.errstate(over="ignore"):  # told just below
            value = np.ascontiguousarray(rule.convert(array), np.float32)
        if not np.isfinite(value).all():
            faults.append(f"{rule.source} holds numbers that are NaN or infinite")
        values[rule.target] = value
    if faults:
        arrays = count_of(len(faults), "array holds", "arrays hold")
        raise OdapiError(
            f"{origin} cannot be used: {arrays} no weights.",
            details=faults,
            hint="take a checkpoint from before its training failed.",
        )
    used = {rule.source for rule in rules}
    return MappedWeights(
        values,
        {rule.target: rule.source for rule in rules},
        [name for name in stored if name not in used],
    )


def shape_text(shape: Iterable[int]) -> str:
    """A shape as in messages and tables: `3x3x64x128`; `scalar` for none."""
    return "x".join(map(str, shape)) or "scalar"


def _require_all(
    rules: Sequence[Rule], stored: Mapping[str, StoredArray], origin: str, what: str
) -> None:
    missing = [rule.source for rule in rules if rule.source not in stored]
    if not missing:
        return
    needed = count_of(len(rules), "array that is needed", "arrays that are needed")
    raise OdapiError(
        f"{origin} is not {what}: it lacks {len(missing)} of the {needed}.",
        details=[f"missing: {list_some(missing)}", f"there are: {list_some(stored) or 'none'}"],
        hint="compare with what --help says of each source.",
    )
