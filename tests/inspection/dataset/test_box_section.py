import pytest

from odapi_ssd.inspection.dataset.box_section import box_section
from odapi_ssd.inspection.dataset.findings import DatasetFindings
from odapi_ssd.inspection.dataset.statistics import DatasetStatistics
from tests.support.inspected_images import inspected


def _section(*images):
    statistics = DatasetStatistics(["train", "val"])
    for number, (boxes, image_hw) in enumerate(images):
        split = ("train", "val")[number % 2]
        statistics.add(str(number), [split], inspected(boxes, image_hw))
    return box_section(DatasetFindings("d", True, statistics, [], {}, {}, {}, None))


_BOX = ("dog", (0.0, 0.0, 0.5, 0.5))


def test_sizes_in_words():
    section = _section(([_BOX, ("cat", (0.0, 0.0, 1.0, 1.0))], (100, 200)), ([_BOX], (100, 200)))
    assert "1.5 on average, 2 at most" in section
    assert "Median 100×50 pixels of the image. 0 small, 2 medium, 1 large" in section
    assert "Half of them from 2.00 to 2.00" in section
    assert "All of the same size" in section
    assert "200×100" in section


def test_different_sizes_of_images():
    section = _section(*(([_BOX], (100 + number, 200)) for number in range(12)))
    assert "12 different" in section
    assert "4 other sizes" in section


@pytest.mark.parametrize("num_boxes", [29, 30, 31, 1000, 10_000])
def test_many_objects_in_an_image(num_boxes):
    section = _section(([_BOX] * num_boxes, (100, 100)), ([], (100, 100)))
    assert f"{num_boxes:,} at most" in section
    assert section.count("<text") < 100


def test_nothing_to_show():
    assert "There is no usable image." in _section()
    section = _section(([], (100, 200)))
    assert "Objects per image" in section
    assert "Aspect ratios" not in section
