import random

import pytest
from PIL import Image, ImageChops

from odapi_ssd.data.synthetic import drawing
from odapi_ssd.data.synthetic.drawing import CLASS_NAMES, draw_scene


@pytest.mark.parametrize("seed", range(5))
def test_a_scene(seed):
    image, shapes = draw_scene(random.Random(seed))
    assert image.mode == "RGB"
    assert image.width != image.height
    assert 1 <= len(shapes) <= 5
    for shape in shapes:
        assert shape.name in CLASS_NAMES
        xmin, ymin, xmax, ymax = shape.box_xyxy_px
        assert 0 <= xmin < xmax <= image.width
        assert 0 <= ymin < ymax <= image.height


def test_the_same_generator_state_gives_the_same_scene():
    first, again, other = (draw_scene(random.Random(seed)) for seed in (1, 1, 2))
    assert first[0].tobytes() == again[0].tobytes()
    assert first[1] == again[1]
    assert first[1] != other[1]


def test_boxes_are_tight_and_shapes_stay_visible(monkeypatch):
    masks: list[Image.Image] = []
    is_fair = drawing._is_fair

    def record(mask, visible, areas):
        fair = is_fair(mask, visible, areas)
        if fair:
            masks.append(mask.point(lambda coverage: 255 if coverage >= 128 else 0))
        return fair

    monkeypatch.setattr(drawing, "_is_fair", record)
    for seed in range(10):
        masks.clear()
        _, shapes = draw_scene(random.Random(seed))
        assert [mask.getbbox() for mask in masks] == [shape.box_xyxy_px for shape in shapes]
        for idx, mask in enumerate(masks):
            covered = mask
            for above in masks[idx + 1 :]:
                covered = ImageChops.subtract(covered, above)
            assert covered.histogram()[255] >= 0.65 * mask.histogram()[255]
