import pytest

from odapi_ssd.data.annotations import AnnotatedObject
from odapi_ssd.data.details import EVERYTHING, Detail, find_lost
from odapi_ssd.data.examples import Example, PlacedObject
from odapi_ssd.data.images import CheckedImage


class TestLost:
    @pytest.fixture
    def example(self):
        """Two objects with all details, one with an area alone, one with nothing."""
        details = {
            "pose": "Left",
            "is_truncated": True,
            "is_difficult": True,
            "is_crowd": True,
        }
        box_px, box_yxyx = (0, 0, 1, 1), (0.0, 0.0, 1.0, 1.0)
        objects = [AnnotatedObject(number, "dog", box_px, **details) for number in (1, 2)]
        placed = [PlacedObject(one, box_yxyx, mask_png=b"", area_px=1.0) for one in objects]
        plain = AnnotatedObject(3, "dog", box_px)
        placed += [PlacedObject(plain, box_yxyx, area_px=1.0), PlacedObject(plain, box_yxyx)]
        image = CheckedImage(b"", "png", "", (1, 1), 1)
        return Example("a.png", image, tuple(placed), (), ())

    def test_details_are_counted_by_kind(self, example):
        assert find_lost(example, EVERYTHING) == {}
        assert find_lost(example, {Detail.POSE, Detail.TRUNCATED, Detail.DIFFICULT}) == {
            "crowd flags": 2,
            "masks": 2,
            "areas": 1,  # That of a mask is lost with it.
        }
        assert find_lost(example, ()) == {**{detail.value: 2 for detail in Detail}, "areas": 1}
