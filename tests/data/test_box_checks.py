import pytest

from odapi_ssd.data.annotations import AnnotatedObject
from odapi_ssd.data.box_checks import find_equal_boxes, find_tiny_boxes


def objects(*specs):
    return [AnnotatedObject(number, name, box) for number, (name, box) in enumerate(specs, 1)]


def test_equal_boxes():
    box, other = (1.0, 2.0, 3.0, 4.0), (1.0, 2.0, 3.0, 4.5)
    found = find_equal_boxes(
        objects(
            ("dog", box), ("dog", other), ("dog", box), ("cat", box), ("cat", box), ("cow", other)
        )
    )
    assert [one.number for one in found.repeated] == [3, 5]
    assert [one.number for one in found.reclassified] == [4, 6]


def test_no_boxes():
    assert find_equal_boxes([]) == find_equal_boxes(objects(("dog", (0, 0, 1, 1))))
    assert find_tiny_boxes([], (300, 300)) == []


def test_ten_thousand_objects():
    found = find_equal_boxes(
        objects(*[("dog", (0, 0, 1, 1 + number % 2)) for number in range(10_000)])
    )
    assert len(found.repeated) == 9_998


@pytest.mark.parametrize(
    ("box_yxyx", "input_hw", "least", "is_tiny"),
    [
        ((0, 0, 0.5, 0.5), (300, 300), 1, False),
        ((0, 0, 1 / 256, 0.5), (256, 256), 1, False),
        ((0, 0, 1 / 257, 0.5), (256, 256), 1, True),
        ((0.5, 0.25, 1, 0.25 + 1 / 257), (300, 256), 1, True),
        ((0, 0, 0.01, 0.5), (50, 200), 1, True),  # half a pixel high
        ((0, 0, 0.5, 0.01), (50, 200), 1, False),  # two pixels wide
        ((0, 0, 0.5, 0.01), (50, 200), 3, True),
    ],
)
def test_tiny_boxes(box_yxyx, input_hw, least, is_tiny):
    large = (0.0, 0.0, 1.0, 1.0)
    assert find_tiny_boxes([large, box_yxyx], input_hw, least) == [1] * is_tiny
