import pytest

from odapi_ssd.data.annotations import AnnotatedObject
from odapi_ssd.data.details import EVERYTHING, Detail, find_lost
from odapi_ssd.data.examples import Example, PlacedObject
from odapi_ssd.data.images import CheckedImage
from odapi_ssd.data.masks import PngMask


class TestLost:
    @pytest.fixture
    def example(self):
        """Two objects with all details, one with none."""
        details = {
            "pose": "Left",
            "is_truncated": True,
            "is_difficult": True,
            "is_crowd": True,
            "mask": PngMask(b""),
        }
        box_px, box_yxyx = (0, 0, 1, 1), (0.0, 0.0, 1.0, 1.0)
        objects = [AnnotatedObject(number, "dog", box_px, **details) for number in (1, 2)]
        objects.append(AnnotatedObject(3, "dog", box_px))
        placed = tuple(PlacedObject(one, box_yxyx) for one in objects)
        return Example("a.png", CheckedImage(b"", "png", "", (1, 1), 1), placed, (), ())

    def test_details_are_counted_by_kind(self, example):
        assert find_lost(example, EVERYTHING) == {}
        assert find_lost(example, {Detail.POSE, Detail.TRUNCATED, Detail.DIFFICULT}) == {
            "crowd flags": 2,
            "masks": 2,
        }
        assert find_lost(example, ()) == {detail.value: 2 for detail in Detail}
