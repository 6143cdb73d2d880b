"""The classes of COCO files: which of the categories they are, and their ids."""

import reprlib
from collections.abc import Sequence

from odapi_ssd.data.formats.coco_json import CocoContent
from odapi_ssd.messages import list_some

__all__ = ["declare_label_map"]

_MAX_ID = 2**31 - 1


def declare_label_map(contents: Sequence[CocoContent]) -> tuple[dict[str, int], list[str]]:
    """The ids that the files give their classes, as a label map.

    Categories that no object has are classes too, as with COCO's 80, unless their id is below 1 or
    their name is another's too: Roboflow adds such a category for the group of all others. Where
    the lowest id of the others is 0, all ids are raised by one.

    Returns:
        Ids by name; empty where they are not numbers that a label map can hold, or files number
        their classes differently.
        Warnings, one line each.
    """
    used = {
        content.categories[one]
        for content in contents
        for one in content.rows.num_by_category
        if one in content.categories
    }
    ids: dict[str, int] = {}
    conflicts: set[str] = set()
    for content in contents:
        for category_id, name in _classes_of(content).items():
            if not isinstance(category_id, int):
                return {}, []
            if not 0 <= category_id < _MAX_ID:
                return {}, [
                    f"The id of the category {name!r} is {reprlib.repr(category_id)}, expected 0 "
                    f"to {_MAX_ID - 1}; classes are numbered by their names instead"
                ]
            if ids.setdefault(name, category_id) != category_id:
                conflicts.add(name)
    if conflicts or len(set(ids.values())) < len(ids):
        names = list_some(sorted(conflicts)) or "several classes"
        return {}, [
            f"The ids of categories differ between files or entries ({names}); classes are "
            "numbered by their names instead"
        ]
    if not ids.keys() >= used:
        return {}, []
    offset = 1 if min(ids.values(), default=1) < 1 else 0
    return {name: category_id + offset for name, category_id in ids.items()}, []


def _classes_of(content: CocoContent) -> dict[int | str, str]:
    """The categories of a file without those that no object has and that are no classes."""
    used = content.rows.num_by_category
    used_names = {content.categories[one] for one in used if one in content.categories}
    return {
        category_id: name
        for category_id, name in content.categories.items()
        if category_id in used
        or (name not in used_names and isinstance(category_id, int) and category_id >= 1)
    }
