import pytest

from odapi_ssd.data.formats.tfrecord_classes import RecordClasses, read_label_maps
from odapi_ssd.data.label_map import LabelMapItem
from odapi_ssd.errors import OdapiError

CAT, DOG = LabelMapItem(1, "cat", "cat"), LabelMapItem(7, "dog", "dog")
PERSON = LabelMapItem(1, "/m/01g317", "person")


def test_text_goes_before_id():
    classes = RecordClasses([CAT, DOG])
    assert [classes.name("dog", 1), classes.name("", 7), classes.name("cat", None)] == [
        "dog", "dog", "cat"
    ]  # fmt: skip
    assert classes.ids() == {"cat": 1, "dog": 7}
    assert classes.warnings() == [
        "1 object has another class id than the label map has for the class text; the text counts, "
        "as it does for the API: 'dog' with 1 (1)"
    ]


def test_texts_and_ids_that_go_together():
    classes = RecordClasses([CAT, DOG, LabelMapItem(9, "/m/01g317", "person")])
    pairs = [("cat", 1), ("dog", 7), ("person", 9), ("/m/01g317", 9), ("", 1), ("cat", None)]
    assert None not in [classes.name(*pair) for pair in pairs]
    assert classes.warnings() == []


def test_every_contradiction_is_counted():
    classes = RecordClasses([CAT, DOG])
    for pair in [("cat", 7), ("cat", 7), ("dog", 3), ("bird", 7)]:
        classes.name(*pair)
    unknown, contradictions = classes.warnings()
    assert "'bird'" in unknown
    assert contradictions.startswith("3 objects have another class id")
    assert contradictions.endswith(": 'cat' with 7 (2), 'dog' with 3 (1)")


@pytest.mark.parametrize("class_id", [None, 0, -1, 2, 2**62])
def test_an_object_without_a_class(class_id):
    assert RecordClasses([CAT, DOG]).name("", class_id) is None
    assert RecordClasses(None).name("", class_id) is None


def test_names_of_the_knowledge_graph_are_shown_as_words():
    classes = RecordClasses([PERSON, LabelMapItem(2, "n02", "Cat")])
    assert {classes.name("person", 1), classes.name("/m/01g317", 1), classes.name("", 1)} == {
        "person"
    }
    assert classes.name("Cat", 2) == "n02"
    assert classes.ids() == {"person": 1, "n02": 2}


def test_a_class_that_the_label_map_lacks_is_told():
    classes = RecordClasses([CAT])
    assert classes.name("bird", 3) == "bird"
    assert classes.warnings() == [
        "1 class of the records is not in their label map, so all classes get new ids: 'bird'"
    ]
    assert classes.ids() == {"cat": 1}


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("dog", 2), ("cat", 5), ("dog", 2)], {"dog": 2, "cat": 5}),
        ([("dog", 2), ("dog", 3)], {}),
        ([("dog", 2), ("cat", 2)], {}),
        ([("dog", 0)], {}),
        ([("dog", None)], {}),
        ([("dog", 2), ("cat", None)], {"dog": 2}),
        ([], {}),
    ],
)
def test_without_a_label_map_ids_are_those_beside_the_texts(pairs, expected):
    classes = RecordClasses(None)
    for text, class_id in pairs:
        assert classes.name(text, class_id) == text
    assert classes.ids() == expected
    is_told = any("so classes get new ids" in line for line in classes.warnings())
    assert is_told == (not expected and any(class_id is not None for _, class_id in pairs))


def test_label_maps_must_agree(tmp_path):
    paths = [tmp_path / f"{name}.pbtxt" for name in "abc"]
    for path, name in zip(paths, ("cat", "cat", "dog"), strict=True):
        path.write_text(f'item {{ id: 1 name: "{name}" }}')
    assert read_label_maps([]) is None
    assert read_label_maps(paths[:2]) == [CAT]
    with pytest.raises(OdapiError, match="differ, expected the same classes") as caught:
        read_label_maps(paths)
    assert caught.value.details == (str(paths[0]), str(paths[2]))
