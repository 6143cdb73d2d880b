"""What an import did, for the user: which layer became which, what was left."""

import re
from dataclasses import dataclass
from pathlib import Path

from odapi_ssd.messages import count_of, list_some
from odapi_ssd.weights.mapping import MappedWeights, shape_text

__all__ = ["Imported", "describe_left", "layer_rows"]

_MAX_ROWS = 50
# The last part of a name: `.weight`, `/biases`.
_LAST_PART = re.compile(r"[./][^./]*$")


@dataclass(frozen=True)
class Imported:
    """A finished import.

    Attributes:
        rows: the source's layer, our layer and the shapes of its variables.
        left: what of the file was not used, a line each.
        notes: what the user should know, a sentence each.
        checkpoint: the prefix of the checkpoint.
        config_path: of a whole detector's pipeline config; None for a network.
    """

    rows: list[tuple[str, str, str]]
    left: list[str]
    notes: list[str]
    checkpoint: str
    config_path: Path | None = None


def layer_rows(mapped: MappedWeights) -> list[tuple[str, str, str]]:
    """A row for each layer; one for all where every layer keeps its name."""
    layers: dict[str, list[str]] = {}
    for target in mapped.sources:
        layers.setdefault(target.rpartition("/")[0], []).append(target)
    rows = []
    for layer, targets in layers.items():
        source = mapped.sources[targets[0]]
        # `rescale_factors`, `backbone.scale_weight` are no parts of a layer.
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


def describe_left(mapped: MappedWeights) -> list[str]:
    """What was not used: the slots of optimizers and averages in short, then other arrays."""
    used = set(mapped.sources.values())
    slots = [name for name in mapped.left if _LAST_PART.sub("", name) in used]
    others = [name for name in mapped.left if name not in slots]
    lines = []
    if slots:
        lines.append(f"{count_of(len(slots), 'slot')} of optimizers and averages, as {slots[0]}")
    if others:
        lines.append(f"{count_of(len(others), 'array')}: {list_some(others)}")
    return lines
