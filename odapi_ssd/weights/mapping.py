"""Maps the arrays of a weight file to values of our variables, by rules. NumPy alone.

The files are not trusted. No array is read before its declared shape is the expected one: a small
file can declare an array that fills the memory.
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
        read: reads the array from the file.
    """

    shape: tuple[int, ...]
    read: Callable[[], Array]


def unchanged(array: Array) -> Array:
    """The array itself."""
    return array


@dataclass(frozen=True)
class Rule:
    """How one of our variables gets its value.

    Attributes:
        target: our variable, `layer/kernel`.
        source: the name of the array in the file.
        shape: the expected shape of that array.
        convert: turns it into our variable's value.
    """

    target: str
    source: str
    shape: tuple[int, ...]
    convert: Callable[[Array], Array] = unchanged


@dataclass(frozen=True)
class MappedWeights:
    """The values of our variables, and the arrays of the file that were used for them.

    Attributes:
        values: float32 values by the names of our variables.
        sources: the array that each came from, by the same names.
        unused: the names of the arrays that were not used.
    """

    values: dict[str, Array]
    sources: dict[str, str]
    unused: list[str]


def map_weights(
    rules: Sequence[Rule],
    stored: Mapping[str, StoredArray],
    origin: str,
    what: str,
    mismatch_hint: str | None = None,
) -> MappedWeights:
    """Applies rules to the arrays of a file.

    Args:
        rules: one for each of our variables.
        stored: the file's arrays by name.
        origin: the file, for messages.
        what: the model whose weights it should hold, for messages.
        mismatch_hint: what to do about a shape mismatch; None where that is not known.
    Raises:
        OdapiError: arrays are missing, have another shape, are not floating-point, or hold NaN or
            infinity; all such arrays are named.
    """
    _require_names(rules, stored, origin, what)
    _require_shapes(rules, stored, origin, what, mismatch_hint)
    used = {rule.source for rule in rules}
    return MappedWeights(
        _convert(rules, stored, origin),
        {rule.target: rule.source for rule in rules},
        [name for name in stored if name not in used],
    )


def shape_text(shape: Iterable[int]) -> str:
    """A shape as messages and tables show it: `3x3x64x128`; `scalar` for rank 0."""
    return "x".join(map(str, shape)) or "scalar"


def _convert(
    rules: Sequence[Rule], stored: Mapping[str, StoredArray], origin: str
) -> dict[str, Array]:
    values, faults = {}, []
    for rule in rules:
        array = stored[rule.source].read()
        if array.dtype.kind != "f":
            faults.append(f"{rule.source} holds {array.dtype}, not floating-point numbers")
            continue
        with np.errstate(over="ignore"):  # infinity is reported below
            value = np.ascontiguousarray(rule.convert(array), np.float32)
        if not np.isfinite(value).all():
            faults.append(f"{rule.source} holds values that are NaN or infinite")
        values[rule.target] = value
    if faults:
        arrays = count_of(len(faults), "array holds", "arrays hold")
        raise OdapiError(
            f"{origin} cannot be used: {arrays} no valid weights.",
            details=faults,
            hint="take a checkpoint from before its training failed.",
        )
    return values


def _require_shapes(
    rules: Sequence[Rule],
    stored: Mapping[str, StoredArray],
    origin: str,
    what: str,
    hint: str | None,
) -> None:
    mismatches = [
        f"{rule.source}: {shape_text(stored[rule.source].shape)} in the file, "
        f"{shape_text(rule.shape)} expected"
        for rule in rules
        if stored[rule.source].shape != rule.shape
    ]
    if mismatches:
        arrays = count_of(len(mismatches), "array has another shape", "arrays have other shapes")
        raise OdapiError(f"{origin} does not fit {what}: {arrays}.", details=mismatches, hint=hint)


def _require_names(
    rules: Sequence[Rule], stored: Mapping[str, StoredArray], origin: str, what: str
) -> None:
    missing = [rule.source for rule in rules if rule.source not in stored]
    if not missing:
        return
    needed = count_of(len(rules), "array that is needed", "arrays that are needed")
    raise OdapiError(
        f"{origin} is not {what}: it lacks {len(missing)} of the {needed}.",
        details=[f"missing: {list_some(missing)}", f"there are: {list_some(stored) or 'none'}"],
        hint="see --help for the weights that each source takes.",
    )
