"""A converted dataset without records: configure only looks whether their files are there."""

import json
from collections.abc import Mapping
from pathlib import Path


def write_converted(folder: Path, splits: Mapping[str, tuple[int, int]]) -> Path:
    """Three classes a, b and c; splits are (number of examples, most objects in one) by name."""
    folder.mkdir(parents=True)
    (folder / "label_map.pbtxt").write_text("".join(
        f"item {{ id: {index} name: '{name}' }}\n" for index, name in enumerate("abc", start=1)
    ))  # fmt: skip
    for name, (examples, _) in splits.items():
        if examples:
            (folder / f"{name}.record-00000-of-00001").write_bytes(b"")
    (folder / "dataset.json").write_text(json.dumps({
        "label_map": {"a": 1, "b": 2, "c": 3},
        "splits": {
            name: {"num_examples": examples, "num_objects": examples * most, "num_shards": 1,
                   "max_objects_per_image": most}
            for name, (examples, most) in splits.items()
        },
        "dropped": [],
    }))  # fmt: skip
    return folder
