"""Checks a reader's label map against the model's number of classes."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odapi_ssd.check.findings import Findings
from odapi_ssd.config.paths import CONFIGURE_REMEDY, is_placeholder, is_remote, relative_path_remedy
from odapi_ssd.data.label_map import read_items
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import list_some, one_line

__all__ = ["LabelMap", "check_label_map"]


@dataclass(frozen=True)
class LabelMap:
    """A label map as the API's decoder uses it.

    Attributes:
        id_by_name: every class once.
        id_by_text: names and display names; the decoder looks class texts up in both.
    """

    id_by_name: dict[str, int]
    id_by_text: dict[str, int]


def check_label_map(
    reader: Any, path: str, num_classes: int | None, findings: Findings
) -> LabelMap | None:
    """Reads and checks the label map of one `InputReader`.

    Args:
        reader: an `input_reader_pb2.InputReader`.
        path: its path in the config, for messages.
        num_classes: of the model; None if that is unknown.
        findings: collects problems, warnings and facts.
    Returns:
        The label map; None if it cannot be read, or lies on a remote file system.
    """
    field_path, label_map_path = f"{path}.label_map_path", reader.label_map_path
    if not label_map_path:
        findings.problem(field_path, "is empty", CONFIGURE_REMEDY)
    elif is_placeholder(label_map_path):
        findings.problem(field_path, f"is still {label_map_path!r}", CONFIGURE_REMEDY)
    elif is_remote(label_map_path):
        findings.fact(field_path, "on a remote file system, not checked")
    elif not os.path.isfile(label_map_path):  # Path.is_file raises where a name is too long.
        findings.problem(field_path, f"{label_map_path} does not exist", relative_path_remedy())
    else:
        label_map = _read(Path(label_map_path), field_path, findings)
        if label_map is not None:
            _check_ids(label_map, label_map_path, field_path, num_classes, findings)
        return label_map
    return None


def _read(label_map_path: Path, field_path: str, findings: Findings) -> LabelMap | None:
    try:
        items = read_items(label_map_path)
    except OdapiError as error:
        findings.problem(field_path, f"cannot be used: {one_line(error)}")
        return None
    id_by_name = {item.name: item.class_id for item in items}
    return LabelMap(id_by_name, {item.display_name: item.class_id for item in items} | id_by_name)


def _check_ids(
    label_map: LabelMap,
    label_map_path: str,
    field_path: str,
    num_classes: int | None,
    findings: Findings,
) -> None:
    highest = max(label_map.id_by_name.values())
    if num_classes is None or highest == num_classes:
        return
    has = f"is {label_map_path}, with ids up to {highest}, but num_classes is {num_classes}"
    if highest < num_classes:
        findings.warning(
            field_path,
            f"{has}: {num_classes - highest} outputs of the model stay unused",
            f"set num_classes to {highest} unless a checkpoint needs {num_classes}",
        )
        return
    beyond = [name for name, class_id in label_map.id_by_name.items() if class_id > num_classes]
    findings.problem(
        field_path,
        f"{has}: the model has no output for {list_some(beyond)}",
        f"set num_classes to {highest}, or use the label map that the model is for",
    )
