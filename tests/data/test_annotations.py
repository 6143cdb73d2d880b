import pickle
from pathlib import Path

import pytest

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation

DOG = AnnotatedObject(1, "dog", (1.0, 2.0, 3.0, 4.0))


def test_what_a_format_leaves_out_is_as_the_apis_converter_has_it():
    assert (DOG.pose, DOG.is_truncated, DOG.is_difficult) == ("Unspecified", False, False)


def test_images_travel_to_worker_processes():
    image = AnnotatedImage("day/1.jpg", Path("data/day/1.jpg"), Annotation("1.txt", None, (DOG,)))
    assert pickle.loads(pickle.dumps(image)) == image


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_box_that_is_not_finite_is_refused_whatever_the_format(value):
    with pytest.raises(ValueError, match="expected finite numbers of pixels"):
        AnnotatedObject(1, "dog", (1.0, value, 3.0, 4.0))
