"""The summary of an import for the user: which layer became which, and what was not used."""

import re
from dataclasses import dataclass
from pathlib import Path

from odapi_ssd.messages import count_of, list_some
from odapi_ssd.weights.mapping import MappedWeights, shape_text

__all__ = ["Imported", "describe_unused", "layer_rows"]

_MAX_ROWS = 50
# The last component of a name: `.weight`, `/biases`.
_LAST_PART = re.compile(r"[./][^./]*$")


@dataclass(frozen=True)
class Imported:
    """A finished import.

    Attributes:
        rows: the source's layer, our layer and the shapes of its variables.
        unused: the arrays of the file that were not used, in a few lines.
        notes: what the user should know, a sentence each.
        checkpoint: the prefix of the checkpoint.
        config_path: the pipeline config of a whole detector; None for a network.
    """

    rows: list[tuple[str, str, str]]
    unused: list[str]
    notes: list[str]
    checkpoint: str
    config_path: Path | None = None


def layer_rows(mapped: MappedWeights) -> list[tuple[str, str, str]]:
    """One row per layer; a single row for all if every layer keeps its name."""
    layers: dict[str, list[str]] = {}
    for target in mapped.sources:
        layers.setdefault(target.rpartition("/")[0], []).append(target)
    rows = []
    for layer, targets in layers.items():
        source = mapped.sources[targets[0]]
        # `rescale_factors` and `backbone.scale_weight` are parameters without a layer of their own.
        if "/" in source or len(targets) > 1:
            source = _LAST_PART.sub("", source)
        shapes = ", ".join(shape_text(mapped.values[target].shape) for target in targets)
        rows.append((source, layer, shapes))
    if all(source == layer for source, layer, _ in rows):
        size = sum(mapped.values[target].size for target in mapped.sources)
        return [(count_of(len(rows), "layer"), "the same names", f"{size:,} numbers")]
    if len(rows) > _MAX_ROWS:
        return [*rows[:_MAX_ROWS], (f"and {len(rows) - _MAX_ROWS} more layers", "", "")]
    return rows


def describe_unused(mapped: MappedWeights) -> list[str]:
    """The arrays that were not used: optimizer slots and moving averages counted, others named."""
    used = set(mapped.sources.values())
    slots = [name for name in mapped.unused if _LAST_PART.sub("", name) in used]
    others = [name for name in mapped.unused if name not in slots]
    lines = []
    if slots:
        kinds = "optimizer slot or moving average", "optimizer slots and moving averages"
        lines.append(f"{count_of(len(slots), *kinds)}, such as {slots[0]}")
    if others:
        lines.append(f"{count_of(len(others), 'array')}: {list_some(others)}")
    return lines
