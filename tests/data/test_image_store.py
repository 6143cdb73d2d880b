import gc
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.data.image_store import ImageStore, pack_image, unpack_image
from odapi_ssd.data.masks import IndexedMask, PngMask, PolygonMask, RunLengthMask

PIXELS = st.floats(allow_nan=False, allow_infinity=False)
# File names that are not UTF-8 come as surrogates.
NAMES = st.text(st.characters(exclude_characters="\0/"), min_size=1) | st.just("\udcff.jpg")
MASKS = st.one_of(
    st.none(),
    st.tuples(st.tuples(PIXELS, PIXELS)).map(PolygonMask),
    st.just(RunLengthMask((2, 4), (2, 3))),
    st.builds(IndexedMask, NAMES.map(Path), st.integers(0, 255)),
    st.builds(PngMask, st.binary()),
)
OBJECTS = st.builds(
    AnnotatedObject,
    st.integers(1),
    NAMES,
    st.tuples(PIXELS, PIXELS, PIXELS, PIXELS),
    NAMES,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    MASKS,
)
ANNOTATIONS = st.builds(
    Annotation,
    NAMES,
    st.none() | st.tuples(st.integers(1), st.integers(1)),
    st.lists(OBJECTS, max_size=4).map(tuple),
)
IMAGES = st.builds(
    AnnotatedImage,
    NAMES,
    NAMES.map(Path),
    ANNOTATIONS,
    st.none() | NAMES,
    st.none() | st.tuples(st.integers(0), st.integers(0)),
)


def image(key, num_objects=1, name="dog"):
    objects = [AnnotatedObject(one, name, (0.0, 1.0, 2.0, 3.0)) for one in range(num_objects)]
    return AnnotatedImage(
        key, Path(f"data/{key}.jpg"), Annotation(key, (3, 4), tuple(objects), is_upright=True)
    )


@settings(max_examples=50)
@given(st.lists(IMAGES, max_size=5, unique_by=lambda one: one.key))
def test_it_is_the_mapping_that_a_dictionary_would_be(images):
    store, expected = ImageStore(), {one.key: one for one in images}
    for one in images:
        store.add(one)
    assert store == expected
    assert list(store.items()) == list(expected.items())
    assert len(store) == len(expected)
    assert [unpack_image(store.packed(key)) for key in expected] == images
    names = [one.name for each in images for one in each.annotation.objects]
    assert store.count_objects() == Counter(names)


@given(IMAGES)
def test_a_packed_image_is_that_image(one):
    assert unpack_image(pack_image(one)) == one


def test_an_image_may_be_looked_up_before_all_are_added():
    store = ImageStore()
    store.add(image("a", 2))
    assert store["a"] == image("a", 2)
    store.add(image("b"))
    assert [store["b"], store["a"]] == [image("b"), image("a", 2)]


def test_unknown_and_repeated_keys():
    store = ImageStore()
    store.add(image("a"))
    assert "b" not in store
    assert store.get("b") is None
    with pytest.raises(KeyError):
        store["b"]
    with pytest.raises(ValueError, match="under the key 'a' already"):
        store.add(image("a"))
    assert list(store) == ["a"]


def test_memory_is_that_of_the_keys():
    """Images of 100 objects, as dictionaries of them would be about 40 KB each."""
    store, num_images = ImageStore(), 3000
    images = (image("0", 100), *(image(f"{number:06}", 100) for number in range(num_images)))
    store.add(images[0])  # Whatever is allocated once is by now.
    gc.collect()
    tracemalloc.start()
    try:
        for one in images[1:]:
            store.add(one)
        gc.collect()
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used < 300 * num_images
    assert store["000000"] == image("000000", 100)
    assert store["002999"] == image("002999", 100)
