from dataclasses import replace
from pathlib import Path

import pytest

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.data.class_selection import require_renames, select_classes
from odapi_ssd.data.dataset import Dataset, MissingImage
from odapi_ssd.data.image_store import ImageStore, unpack_image
from odapi_ssd.errors import OdapiError, OptionError


def annotation(source, *names):
    objects = (AnnotatedObject(number, name, (0, 0, 1, 1)) for number, name in enumerate(names, 1))
    return Annotation(source, None, tuple(objects))


@pytest.fixture(params=["store", "dict"])
def dataset(request):
    """Two dogs and a cat; a bus; nothing; a dog without an image."""
    contents = {"a": ("dog", "cat", "dog"), "b": ("bus",), "c": ()}
    images = {
        key: AnnotatedImage(key, Path(f"{key}.jpg"), annotation(f"{key}.xml", *names))
        for key, names in contents.items()
    }
    if request.param == "store":
        store = ImageStore()
        for image in images.values():
            store.add(image)
        images = store
    return Dataset(
        Path("data"),
        ("a", "b", "c", "d"),
        images,
        missing_images={"d": MissingImage(annotation("d.xml", "dog"), "d.xml: no image")},
        declared_label_map={"cat": 3, "bus": 2, "dog": 1, "cow": 9},
        warnings=("careful",),
    )


def names_of(dataset):
    return {
        key: [(one.number, one.name) for one in dataset.annotation(key).objects]
        for key in dataset.keys
    }


def test_nothing_asked_for(dataset):
    assert select_classes(dataset) is dataset


def test_renamed_classes(dataset):
    renamed = select_classes(dataset, [("dog", "hound"), ("cow", "cattle")])
    assert names_of(renamed) == {
        "a": [(1, "hound"), (2, "cat"), (3, "hound")],
        "b": [(1, "bus")],
        "c": [],
        "d": [(1, "hound")],
    }
    assert renamed.count_objects() == {"hound": 3, "cat": 1, "bus": 1}
    assert renamed.declared_label_map == {"hound": 1, "bus": 2, "cat": 3, "cattle": 9}
    assert renamed.warnings == ("careful",)
    assert list(renamed.images) == ["a", "b", "c"]
    assert len(renamed.images) == 3
    assert "d" not in renamed.images
    assert unpack_image(renamed.packed_image("b")) == renamed.images["b"]
    assert dataset.count_objects()["dog"] == 3


def test_several_classes_become_one_and_two_are_exchanged(dataset):
    merged = select_classes(dataset, [("dog", "animal"), ("cat", "animal")])
    assert merged.count_objects() == {"animal": 4, "bus": 1}
    assert merged.declared_label_map == {"animal": 1, "bus": 2, "cow": 9}
    into_another = select_classes(dataset, [("dog", "cat")])
    assert into_another.count_objects() == {"cat": 4, "bus": 1}
    exchanged = select_classes(dataset, [("dog", "cat"), ("cat", "dog")])
    assert exchanged.count_objects() == {"cat": 3, "dog": 1, "bus": 1}


def test_chosen_classes(dataset):
    chosen = select_classes(dataset, (), ["cat", "bus"])
    assert names_of(chosen) == {"a": [(2, "cat")], "b": [(1, "bus")], "c": [], "d": []}
    assert chosen.count_objects() == {"cat": 1, "bus": 1}
    assert list(chosen.declared_label_map.items()) == [("bus", 1), ("cat", 2)]
    assert chosen.warnings == (
        "careful",
        "3 objects of 1 class dropped, as --classes does not name them: dog (3)",
    )


def test_chosen_classes_without_objects_stay(dataset):
    chosen = select_classes(dataset, (), ["cow", "dog"])
    assert chosen.declared_label_map == {"dog": 1, "cow": 2}


def test_chosen_classes_where_the_declared_ids_do_not_apply(dataset):
    """The dataset has a class without an id, so its classes go by their names."""
    renamed = replace(dataset, declared_label_map={"dog": 1, "cat": 2, "zebu": 3})
    chosen = select_classes(renamed, (), ["zebu", "dog", "bus"])
    assert chosen.declared_label_map == {"bus": 1, "dog": 2, "zebu": 3}


def test_names_with_commas_between_and_inside(dataset):
    renamed = select_classes(dataset, [("cat", "cat, big")])
    chosen = select_classes(renamed, (), ["cat, big", "dog , bus"])
    assert chosen.declared_label_map == {"dog": 1, "bus": 2, "cat, big": 3}
    with pytest.raises(OdapiError, match="2 names are not among"):
        select_classes(dataset, (), ["cat, big, small"])


def test_renames_with_two_equals_signs(dataset):
    renamed = select_classes(dataset, [("dog", "big = dog")])
    assert "big = dog" in renamed.class_names()
    back = select_classes(renamed, [("big ", " dog = hound")])
    assert "hound" in back.class_names()
    both = select_classes(dataset, [("dog", "a"), ("cat", "a=b")])
    with pytest.raises(OptionError, match="'a' and 'a=b' are classes"):
        select_classes(both, [("a", "b=c")])


def test_faults_are_told_with_an_unknown_name(dataset):
    faulty = replace(dataset, faults={"e": ("e.xml: is not XML",)})
    with pytest.raises(OdapiError) as caught:
        select_classes(faulty, (), ["yak"])
    assert caught.value.details[1:] == ("e.xml: is not XML",)


def test_images_of_other_classes_stay_as_negatives(dataset):
    (_, dropped, negatives) = select_classes(dataset, (), ["cat"]).warnings
    assert dropped.endswith(
        "4 objects of 2 classes dropped, as --classes does not name them: dog (3), bus (1)"
    )
    assert negatives == (
        "1 image has no object of these classes left and stays as a negative: b.jpg"
    )
    assert select_classes(dataset, (), ["cow"]).warnings[-1] == (
        "2 images have no object of these classes left and stay as negatives: a.jpg, b.jpg"
    )


def test_classes_are_chosen_by_their_new_names(dataset):
    renames = [("dog", "animal"), ("cat", "animal")]
    chosen = select_classes(dataset, renames, ["animal"])
    assert chosen.count_objects() == {"animal": 4}
    with pytest.raises(OdapiError, match="no object is of class 'dog'"):
        select_classes(dataset, renames, ["dog"])


@pytest.mark.parametrize("arguments", [((), ["dgo", "zebra"]), ([("dgo", "x"), ("zebra", "y")],)])
def test_unknown_names_are_told_with_those_that_are_near(dataset, arguments):
    with pytest.raises(OdapiError, match="2 names are not among the 4 classes") as caught:
        select_classes(dataset, *arguments)
    option = "classes" if len(arguments) == 2 else "rename"
    assert caught.value.details == (
        f"--{option}: no object is of class 'dgo', perhaps 'dog' is meant",
        f"--{option}: no object is of class 'zebra'",
    )
    assert caught.value.hint == "the classes with objects are: bus, cat, dog."


def test_another_letter_case_is_near(dataset):
    with pytest.raises(OdapiError) as caught:
        select_classes(dataset, (), ["CAT"])
    assert caught.value.details[0].endswith("perhaps 'cat' is meant")


@pytest.mark.parametrize(
    ("renames", "message"),
    [
        ([("a", "b"), ("a", "c")], "gives 'a' two names, 'b' and 'c'"),
        ([("", "c")], "is '=c'; expected old=new"),
        ([("a", " ")], "expected old=new"),
    ],
)
def test_renames_that_make_no_sense(renames, message):
    with pytest.raises(OptionError, match=message):
        require_renames(renames)


def test_a_new_name_that_cannot_be_used():
    with pytest.raises(OptionError, match=r"gives 'a' the name 'b\\nc', which holds a control"):
        require_renames([("a", "b\nc")])


def test_a_rename_given_twice():
    assert require_renames([(" a", "b"), ("a", "b ")]) == {"a": "b"}
