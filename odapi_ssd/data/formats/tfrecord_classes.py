"""The classes of records: names by text, or by id through a label map, and ids by name."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from odapi_ssd.data.label_map import LabelMapItem, read_items
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of, list_some

__all__ = ["RecordClasses", "read_label_maps"]

_GENERATED_NAME = "/m/"  # ids of Google's knowledge graph, as in the API's label map for COCO


class RecordClasses:
    """Names the classes of objects as the API does: by their text, and by id where there is none.

    A class goes by its name in the label map; by its display name where the name is an id such as
    `/m/01g317`.
    """

    def __init__(self, items: Iterable[LabelMapItem] | None):
        """Begins without any object.

        Args:
            items: the label map; None if there is none.
        """
        self.has_label_map = items is not None
        known = list(items or ())
        self._name_of_id = {item.class_id: _class_name(item) for item in known}
        self._name_of_text = {item.display_name: _class_name(item) for item in known}
        self._name_of_text |= {item.name: _class_name(item) for item in known}
        self._ids_of_text: dict[str, set[int]] = defaultdict(set)
        self._unknown: dict[str, None] = {}
        self._contradictions: Counter[tuple[str, int]] = Counter()

    def name(self, text: str, class_id: int | None) -> str | None:
        """The class of one object; None if it cannot be told.

        Args:
            text: the class as the record names it; empty if it does not.
            class_id: its id in the record; None if it has none.
        """
        if not text:
            return None if class_id is None else self._name_of_id.get(class_id)
        if class_id is not None:
            self._ids_of_text[text].add(class_id)
        name = self._name_of_text.get(text)
        if name is None and self.has_label_map:
            self._unknown[text] = None
        elif name and class_id is not None and self._name_of_id.get(class_id) != name:
            self._contradictions[text, class_id] += 1
        return name or text

    def ids(self) -> dict[str, int]:
        """Ids by name: the label map's; else those beside the texts, if they fit together."""
        if self.has_label_map:
            return {name: class_id for class_id, name in self._name_of_id.items()}
        ids = {text: min(found) for text, found in self._ids_of_text.items()}
        return ids if self._has_sound_ids() else {}

    def _has_sound_ids(self) -> bool:
        """Whether each text has one id, of its own, that a label map could have."""
        ids = [one for found in self._ids_of_text.values() for one in found]
        is_one_each = len(ids) == len(self._ids_of_text) == len(set(ids))
        return is_one_each and all(one >= 1 for one in ids)

    def warnings(self) -> list[str]:
        """Lines about texts and ids that do not go together, with each other or the label map."""
        lines = []
        if self._unknown:
            what = count_of(
                len(self._unknown), "class of the records is", "classes of the records are"
            )
            names = list_some(map(repr, self._unknown))
            lines.append(f"{what} not in their label map, so all classes get new ids: {names}")
        if self._contradictions:
            what = count_of(self._contradictions.total(), "object has", "objects have")
            pairs = list_some(
                f"{text!r} with {class_id} ({count:,})"
                for (text, class_id), count in self._contradictions.most_common()
            )
            lines.append(
                f"{what} another class id than the label map has for the class text; the text "
                f"counts, as it does for the API: {pairs}"
            )
        if not self.has_label_map and not self._has_sound_ids():
            pairs = list_some(
                f"{text!r} with {list_some(map(str, sorted(ids)))}"
                for text, ids in self._ids_of_text.items()
            )
            lines.append(
                "The class ids of the records are not one from 1 on for each class text, so "
                f"classes get new ids: {pairs}"
            )
        return lines


def read_label_maps(paths: Iterable[Path]) -> list[LabelMapItem] | None:
    """The one label map that several files hold; None for no file.

    Raises:
        OdapiError: one cannot be read or is not valid; or two of them differ.
    """
    found: Mapping[Path, list[LabelMapItem]] = {path: read_items(path) for path in paths}
    if not found:
        return None
    (first, items), *others = found.items()
    different = [path for path, other in others if other != items]
    if different:
        raise OdapiError(
            "The label maps beside the records differ, expected the same classes and ids in all:",
            details=map(str, (first, *different)),
            hint="convert these folders one by one.",
        )
    return items


def _class_name(item: LabelMapItem) -> str:
    return item.display_name if item.name.startswith(_GENERATED_NAME) else item.name
