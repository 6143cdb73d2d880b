import pytest

from odapi_ssd.data.formats.coco_categories import declare_label_map
from odapi_ssd.data.formats.coco_json import CocoContent
from odapi_ssd.data.formats.coco_rows import CocoRow


def content(categories, used=()):
    found = CocoContent(categories=categories)
    for category_id in used:
        found.rows.add(1, CocoRow(category_id, (0, 0, 1, 1), False, None, None))
    return found


@pytest.mark.parametrize(
    ("categories", "used", "expected"),
    [
        # COCO's own are sparse, and classes without objects stay.
        (
            {1: "person", 13: "stop sign", 90: "brush"},
            [13],
            {"person": 1, "stop sign": 13, "brush": 90},
        ),
        # Roboflow's group of all others.
        ({0: "cells", 1: "red", 2: "white"}, [1, 2], {"red": 1, "white": 2}),
        ({0: "dog", 1: "dog"}, [1], {"dog": 1}),
        # Counted from 0.
        ({0: "cat", 1: "dog"}, [0], {"cat": 1, "dog": 2}),
        ({0: "cat", 1: "dog"}, [0, 1], {"cat": 1, "dog": 2}),
        ({"a": "cat", 1: "dog"}, [1], {"dog": 1}),
        ({"a": "cat"}, ["a"], {}),
        ({}, [], {}),
    ],
)
def test_ids_of_one_file(categories, used, expected):
    assert declare_label_map([content(categories, used)]) == (expected, [])


@pytest.mark.parametrize("category_id", [-1, 2**31 - 1, 10**30, 10**300])
def test_an_id_that_no_label_map_holds(category_id):
    ids, (warning,) = declare_label_map([content({1: "dog", category_id: "cat"}, [1, category_id])])
    assert ids == {}
    assert warning.startswith(f"The id of the category 'cat' is {str(category_id)[:12]}")
    assert "classes are numbered by their names instead" in warning
    assert len(warning) < 200


def test_files_that_agree():
    first, second = content({1: "cat", 2: "dog"}, [1]), content({2: "dog", 3: "cow"}, [3])
    assert declare_label_map([first, second]) == ({"cat": 1, "dog": 2, "cow": 3}, [])


@pytest.mark.parametrize(
    ("contents", "named"),
    [
        ([content({1: "cat"}, [1]), content({2: "cat"}, [2])], "cat"),
        ([content({1: "cat", 2: "cat"}, [1, 2])], "cat"),
        ([content({1: "cat"}, [1]), content({1: "dog"}, [1])], "several classes"),
    ],
)
def test_ids_that_differ_are_not_used(contents, named):
    ids, (warning,) = declare_label_map(contents)
    assert ids == {}
    assert f"differ between files or entries ({named}); classes are numbered by" in warning
