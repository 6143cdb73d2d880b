import numpy as np
import pytest

from odapi_ssd.inspection.dataset.statistics import DatasetStatistics, quantiles
from tests.support.inspected_images import inspected


@pytest.fixture
def statistics():
    """Three usable images, one of them in both splits, and one that cannot be used."""
    statistics = DatasetStatistics(["train", "val"])
    statistics.add("a", ["train"], inspected([("dog", (0, 0, 0.5, 0.25)), ("cat", (0, 0, 1, 1))]))
    statistics.add("b", ["train", "val"], inspected([("dog", (0.1, 0.2, 0.3, 0.4))], (10, 30)))
    statistics.add("c", ["val"], inspected([]))
    statistics.add_unusable(["val"])
    return statistics


def test_counts(statistics):
    train, val, total = *statistics.splits.values(), statistics.total
    assert [part.num_images for part in (train, val, total)] == [2, 2, 3]
    assert [part.num_objects for part in (train, val, total)] == [3, 1, 3]
    assert [part.num_empty for part in (train, val, total)] == [0, 1, 1]
    assert [part.num_unusable for part in (train, val, total)] == [0, 1, 1]
    assert train.num_objects_per_class == {"dog": 2, "cat": 1}
    assert val.num_images_per_class == {"dog": 1}
    assert statistics.image_sizes == {(50, 80): 2, (10, 30): 1}


def test_boxes_know_their_image_class_and_number(statistics):
    assert statistics.class_names == ["dog", "cat"]
    assert statistics.class_idx.tolist() == [0, 1, 0]
    assert [statistics.keys[idx] for idx in statistics.image_idx] == ["a", "a", "b"]
    assert statistics.numbers.tolist() == [1, 2, 1]
    np.testing.assert_allclose(statistics.boxes_yxyx[2], [0.1, 0.2, 0.3, 0.4], rtol=1e-6)
    expected = [[25, 20], [50, 80], [2, 6]]
    np.testing.assert_allclose(statistics.sizes_hw_px(), expected, rtol=1e-6)


def test_nothing_at_all():
    statistics = DatasetStatistics(["train"])
    assert statistics.sizes_hw_px().shape == (0, 2)
    assert statistics.boxes_yxyx.shape == (0, 4)
    assert statistics.image_hws.shape == (0, 2)
    assert statistics.total.num_images == statistics.total.num_objects == 0


def test_quantiles():
    found = quantiles(range(101))
    assert found == {"min": 0, "p5": 5, "p25": 25, "median": 50, "p75": 75, "p95": 95, "max": 100}
    assert quantiles([]) is None
