from pathlib import Path

import pytest

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.data.dataset import Dataset, MissingImage
from odapi_ssd.data.image_store import ImageStore
from odapi_ssd.data.masks import PngMask
from odapi_ssd.errors import OdapiError


def annotation(source, *names):
    objects = (AnnotatedObject(i, name, (0, 0, 1, 1)) for i, name in enumerate(names, start=1))
    return Annotation(source, None, tuple(objects))


FOUND = annotation("a.txt", "dog", "cat", "dog")
WITHOUT_IMAGE = annotation("b.txt", "dog")
DATASET = Dataset(
    Path("data"),
    keys=("a", "b", "c"),
    images={"a": AnnotatedImage("a", Path("data/a.jpg"), FOUND)},
    missing_images={"b": MissingImage(WITHOUT_IMAGE, "b.txt: no image")},
    faults={"c": ("c.txt: no size", "c.txt: no box")},
)


def test_annotations_by_key():
    assert [DATASET.annotation(key) for key in DATASET.keys] == [FOUND, WITHOUT_IMAGE, None]


def test_objects_count_whether_the_image_is_there_or_not():
    assert DATASET.count_objects() == {"dog": 3, "cat": 1}
    assert DATASET.class_names() == {"dog", "cat"}


def test_masks_are_counted_in_any_mapping():
    masked = AnnotatedObject(1, "dog", (0, 0, 1, 1), mask=PngMask(b""))
    image = AnnotatedImage("a", Path("a.jpg"), Annotation("a", None, (masked, *FOUND.objects)))
    store = ImageStore()
    store.add(image)
    assert Dataset(Path("data"), ("a",), store).count_masks() == 1
    assert Dataset(Path("data"), ("a",), {"a": image}).count_masks() == 1
    assert DATASET.count_masks() == 0


def test_no_images():
    assert Dataset(Path("data"), (), {}).class_names() == set()


def test_faults_are_raised_together():
    with pytest.raises(OdapiError, match="2 faults in the annotations of data") as caught:
        DATASET.check_annotations()
    assert caught.value.details == ("c.txt: no size", "c.txt: no box")
    Dataset(Path("data"), (), {}).check_annotations()
