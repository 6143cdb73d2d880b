"""Label maps: class names and their ids, in the text format of the API's `StringIntLabelMap`.

Ids start at 1, as the API keeps 0 for the background.
"""

import collections
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from odapi_ssd.data.text_files import read_text
from odapi_ssd.errors import OdapiError

__all__ = [
    "LabelMapItem",
    "find_similar_names",
    "label_map_to_text",
    "make_label_map",
    "parse_items",
    "read_items",
    "read_label_map",
]


def make_label_map(
    names: Iterable[str], declared: Mapping[str, int] | None = None
) -> dict[str, int]:
    """Gives ids to class names: the declared ids, else from 1 in sorted order.

    Args:
        names: the classes of all objects, in any order, repeated or not.
        declared: ids by name that the dataset or its format declares. They are used, all of them,
            if they cover the names: ids then agree with every model trained on that class list,
            such as VOC's 20 classes.

    Returns:
        Ids by name, in the order of ids.

    Raises:
        OdapiError: there is no name at all.
    """
    found = sorted(set(names))
    if not found:
        raise OdapiError(
            "No object in any annotation, so there are no classes to make a label map of.",
            hint="annotate some objects, or give a label map with --label_map_path.",
        )
    if declared and declared.keys() >= set(found):
        return dict(sorted(declared.items(), key=lambda item: item[1]))
    return {name: class_id for class_id, name in enumerate(found, start=1)}


def find_similar_names(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Groups of names that differ in letter case, white space or Unicode form alone, sorted."""
    groups: dict[str, set[str]] = collections.defaultdict(set)
    for name in names:
        folded = unicodedata.normalize("NFKC", name).casefold()
        groups["".join(folded.split())].add(name)
    return sorted(tuple(sorted(group)) for group in groups.values() if len(group) > 1)


@dataclass(frozen=True)
class LabelMapItem:
    """One class of a label map.

    Attributes:
        class_id: from 1.
        name: the class's name in records.
        display_name: its name for people; `name` where the label map has no other.
    """

    class_id: int
    name: str
    display_name: str


def read_items(path: Path) -> list[LabelMapItem]:
    """Reads and checks a label map.

    Returns:
        Its classes in the order of ids, without the background that some label maps list as id 0.

    Raises:
        OdapiError: the file cannot be read or is not a valid label map; see `parse_items`.
    """
    return parse_items(read_text(path), str(path))


def read_label_map(path: Path) -> dict[str, int]:
    """Reads a label map as ids by name, in the order of ids; see `read_items`."""
    return {item.name: item.class_id for item in read_items(path)}


def parse_items(text: str, source: str) -> list[LabelMapItem]:
    """Parses and checks a label map.

    Args:
        text: the proto's text format; other fields than names and ids are tolerated.
        source: the file's name for messages.

    Returns:
        As `read_items`.

    Raises:
        OdapiError: the text does not parse (with line and column), or items have no name, an id
            below 1, or a name or id that another has too; all of these are listed.
    """
    from google.protobuf import text_format  # here: the command line's help must be quick

    from odapi_ssd.data.protos import StringIntLabelMap

    message = StringIntLabelMap()
    try:
        text_format.Parse(text, message)
    except text_format.ParseError as error:
        raise OdapiError(
            f"The label map {source} does not parse: {error}",
            hint='each class is written as: item { id: 1 name: "dog" }',
        ) from error
    items = [
        LabelMapItem(item.id, item.name, item.display_name or item.name)
        for item in message.item
        if item.id != 0 or "background" not in (item.name, item.display_name)
    ]
    faults = _find_faults([(item.name, item.class_id) for item in items])
    if faults or not items:
        raise OdapiError(
            f"The label map {source} is not valid.", details=faults or ["it has no items"]
        )
    return sorted(items, key=lambda item: item.class_id)


def label_map_to_text(name_to_id: Mapping[str, int]) -> str:
    """The text format of a label map, in the order of ids, non-ASCII names readable."""
    from google.protobuf import text_format

    from odapi_ssd.data.protos import StringIntLabelMap

    message = StringIntLabelMap()
    for name, class_id in sorted(name_to_id.items(), key=lambda item: item[1]):
        message.item.add(id=class_id, name=name)
    text: str = text_format.MessageToString(message, as_utf8=True)
    return text


def _find_faults(items: list[tuple[str, int]]) -> list[str]:
    faults = []
    for number, (name, class_id) in enumerate(items, start=1):
        if not name.strip():
            faults.append(f"item {number} (id {class_id}) has no name")
        if class_id < 1:
            faults.append(f"item {number} ({name!r}) has id {class_id}, expected 1 or more")
    for what, column in (("name", 0), ("id", 1)):
        counts = collections.Counter(item[column] for item in items)
        faults += [
            f"{what} {value!r} is in {count} items"
            for value, count in counts.items()
            if count > 1 and value != ""
        ]
    return faults
