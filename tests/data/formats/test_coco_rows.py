from array import array

from hypothesis import given, settings
from hypothesis import strategies as st

from odapi_ssd.data.formats.coco_rows import CocoRow, CocoRows
from odapi_ssd.data.masks import PolygonMask, RunLengthMask

BOX = (1.0, 2.0, 3.5, 4.0)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4) | st.sampled_from("ab"), st.integers(0, 3))))
def test_rows_come_back_by_image_in_order(pairs):
    rows = CocoRows()
    expected = {}
    for number, (image_id, category_id) in enumerate(pairs):
        row = CocoRow(category_id, (number, 0, 1, 1), bool(number % 2), None, None)
        rows.add(image_id, row)
        expected.setdefault(image_id, []).append(row)
    assert {image_id: list(rows.of_image(image_id)) for image_id in expected} == expected
    assert rows.counts() == {image_id: len(some) for image_id, some in expected.items()}
    categories = [category_id for _, category_id in pairs]
    assert rows.num_by_category == {one: categories.count(one) for one in categories}


def test_rows_keep_their_masks_beyond_what_is_held_in_memory():
    masks = [
        PolygonMask((array("d", range(200_000)), array("d", [1, 2, 3, 4, 5, 6]))),
        RunLengthMask("5" * 3_000_000, (3, 4)),
        RunLengthMask(array("q", [5, 7]), (3, 4)),
        None,
    ]
    rows = CocoRows()
    for mask in masks:
        rows.add(7, CocoRow(1, BOX, False, 2.5, mask))
    assert [row.mask for row in rows.of_image(7)] == masks
    rows.add(7, CocoRow(2, BOX, True, None, None))
    assert [row.category_id for row in rows.of_image(7)] == [1, 1, 1, 1, 2]


def test_an_image_without_any():
    assert list(CocoRows().of_image(3)) == []
