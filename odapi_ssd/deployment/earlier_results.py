"""What earlier calls of `odapi-ssd detect` wrote into a folder, as far as nobody has changed it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odapi_ssd.outputs.manifest import Manifest

__all__ = ["COMMAND", "JSON_NAME", "EarlierResults"]

COMMAND = "detect"
JSON_NAME = "detections.json"


@dataclass(frozen=True)
class EarlierResults:
    """Files of a folder that its manifest knows as those of `detect`, unchanged since.

    Attributes:
        drawings: names of the drawn images.
        lists: names of the lists of detections: `detections.json`, or another one if that name was
            taken.
        entries: of those lists, for `drawings` alone.
    """

    drawings: tuple[str, ...]
    lists: tuple[str, ...]
    entries: tuple[Mapping[str, Any], ...]

    @classmethod
    def load(cls, output_dir: Path) -> "EarlierResults":
        """Looks at all the files that the folder's manifest names; OSError if one is unreadable."""
        names = Manifest.load(output_dir).own_names(output_dir, COMMAND)
        files = [name for name in names if (output_dir / name).is_file()]
        lists = tuple(name for name in files if name.endswith(".json"))
        drawings = tuple(name for name in files if name not in lists)
        entries = tuple(
            entry
            for name in lists
            for entry in _read_entries(output_dir / name)
            if entry.get("picture") in drawings
        )
        return cls(drawings, lists, entries)


def _read_entries(path: Path) -> list[dict[str, Any]]:
    """The entries of a list; none if it cannot be read, as other versions may write others."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, RecursionError, ValueError):
        return []
    if not isinstance(entries, list):
        return []
    return [one for one in entries if isinstance(one, dict) and isinstance(one.get("image"), str)]
