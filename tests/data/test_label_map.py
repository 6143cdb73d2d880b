from pathlib import Path
from xml.etree import ElementTree

import pytest
from google.protobuf import text_format
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odapi_ssd.data.formats.voc import CLASS_NAMES as VOC_CLASS_NAMES
from odapi_ssd.data.label_map import (
    LabelMapItem,
    find_similar_names,
    label_map_to_text,
    make_label_map,
    parse_items,
    read_items,
    read_label_map,
    read_text,
)
from odapi_ssd.errors import OdapiError


def parse_label_map(text, source):
    return {item.name: item.class_id for item in parse_items(text, source)}


CHECKED_IN = Path(__file__).resolve().parents[2] / "label_maps"


def test_ids_follow_the_sorted_names_from_1():
    assert make_label_map(["dog", "Ant", "cat", "dog"]) == {"Ant": 1, "cat": 2, "dog": 3}


def test_declared_ids_are_used_all_of_them_if_they_cover_the_names():
    declared = {"zebra": 7, "dog": 2, "cat": 5}
    label_map = make_label_map(["dog", "zebra"], declared)
    assert list(label_map.items()) == [("dog", 2), ("cat", 5), ("zebra", 7)]


@pytest.mark.parametrize("declared", [{}, None, {"dog": 2}])
def test_declared_ids_that_lack_a_name_are_not_used(declared):
    assert make_label_map(["dog", "zebra"], declared) == {"dog": 1, "zebra": 2}


def test_no_names():
    with pytest.raises(OdapiError, match="No object"):
        make_label_map([], {"dog": 1})


def test_text():
    text = 'item {\n  name: "a\\"b"\n  id: 1\n}\nitem {\n  name: "Löwe"\n  id: 2\n}\n'
    assert label_map_to_text({"Löwe": 2, 'a"b': 1}) == text


class TestCheckedIn:
    @pytest.mark.parametrize("path", sorted(CHECKED_IN.iterdir()), ids=lambda path: path.name)
    def test_each_is_as_the_code_writes_it(self, path):
        assert path.read_text() == label_map_to_text(read_label_map(path))

    def test_voc(self):
        label_map = read_label_map(CHECKED_IN / "voc_label_map.pbtxt")
        assert label_map == make_label_map(VOC_CLASS_NAMES)

    def test_coco_has_80_of_90_ids(self):
        label_map = read_label_map(CHECKED_IN / "coco_label_map.pbtxt")
        unused = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}
        assert set(label_map.values()) == set(range(1, 91)) - unused
        some = {"person": 1, "stop sign": 13, "dog": 18, "bottle": 44, "tv": 72, "toothbrush": 90}
        assert some.items() <= label_map.items()

    def test_pets_are_numbered_by_name_whatever_the_case(self):
        label_map = read_label_map(CHECKED_IN / "pet_label_map.pbtxt")
        assert list(label_map) == sorted(label_map, key=str.lower)
        assert list(label_map.values()) == list(range(1, 38))
        # The dataset's cats are written with a capital.
        assert sum(name[0].isupper() for name in label_map) == 12

    @pytest.mark.real_data
    def test_bccd_is_what_its_annotations_give(self, bccd_dir):
        names = {
            element.text or ""
            for path in (bccd_dir / "Annotations").glob("*.xml")
            for element in ElementTree.parse(path).iter("name")
        }
        assert read_label_map(CHECKED_IN / "bccd_label_map.pbtxt") == make_label_map(names)


@given(st.sets(st.text().filter(lambda name: name.strip()), min_size=1))
def test_any_names_survive(names):
    label_map = make_label_map(names)
    assert parse_label_map(label_map_to_text(label_map), "x") == label_map


def test_other_fields_and_order_are_tolerated():
    text = 'item { id: 2 name: "b" display_name: "B" } item: { name: \'a\' id: 1 }  # a comment'
    assert list(parse_label_map(text, "x").items()) == [("a", 1), ("b", 2)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "it has no items"),
        ('item { name: "a" }', "item 1 ('a') has id 0"),
        ('item { name: "a" id: -3 }', "item 1 ('a') has id -3"),
        ("item { id: 1 }", "item 1 (id 1) has no name"),
        ('item { name: "a" id: 1 } item { name: "b" id: 1 }', "id 1 is in 2 items"),
        ('item { name: "a" id: 1 } item { name: "a" id: 2 }', "name 'a' is in 2 items"),
    ],
)
def test_invalid_items(text, expected):
    with pytest.raises(OdapiError) as caught:
        parse_label_map(text, "my.pbtxt")
    assert "my.pbtxt" in caught.value.problem
    assert expected in caught.value.details[0]


def test_unparseable_text_is_told_with_line_and_column():
    with pytest.raises(OdapiError, match=r"my\.pbtxt does not parse: 2:3 .*nmae"):
        parse_label_map('item {\n  nmae: "a"\n}', "my.pbtxt")


def test_text_is_read_as_it_is_but_for_the_byte_order_mark(tmp_path):
    text = "# Löwe\r\nitem { id: 1 name: 'a' }\n"
    (tmp_path / "map.pbtxt").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_text(tmp_path / "map.pbtxt") == text
    assert read_label_map(tmp_path / "map.pbtxt") == {"a": 1}


def test_unreadable(tmp_path):
    with pytest.raises(OdapiError, match=r"gone\.pbtxt cannot be read"):
        read_label_map(tmp_path / "gone.pbtxt")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(OdapiError, match="binary cannot be read"):
        read_label_map(tmp_path / "binary")


def test_similar_names():
    names = ["Dog", "dog", "d og", "cat", "caf\u00e9", "cafe\u0301"]
    assert find_similar_names(names) == [("Dog", "d og", "dog"), ("cafe\u0301", "caf\u00e9")]


def test_display_names_and_a_background_are_understood():
    text = """
        item { id: 0 name: "background" }
        item { id: 2 name: "/m/01g317" display_name: "person" }
        item { id: 1 name: "cat" }
    """
    assert parse_items(text, "x.pbtxt") == [
        LabelMapItem(1, "cat", "cat"),
        LabelMapItem(2, "/m/01g317", "person"),
    ]


ITEMS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.text(min_size=1, max_size=9).filter(str.strip),
            "id": st.integers(1, 2**31 - 1),
        },
        optional={
            "display_name": st.text(min_size=1, max_size=9),
            "keypoints": st.lists(
                st.fixed_dictionaries({"id": st.integers(0, 9), "label": st.text(max_size=3)}),
                max_size=2,
            ),
            "ancestor_ids": st.lists(st.integers(-9, 9), max_size=2),
            "frequency": st.sampled_from(["UNSPECIFIED", "RARE"]),
            "instance_count": st.integers(0, 9),
        },
    ),
    min_size=1,
    max_size=4,
    unique_by=(lambda item: item["name"], lambda item: item["id"]),
)


@pytest.mark.tf
@pytest.mark.usefixtures("api")
class TestAsTheApiReadsIt:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(ITEMS, st.booleans())
    def test_any_label_map(self, tmp_path, items, as_utf8):
        from object_detection.protos.string_int_label_map_pb2 import StringIntLabelMap
        from object_detection.utils import label_map_util

        path = tmp_path / "map.pbtxt"
        text = text_format.MessageToString(StringIntLabelMap(item=items), as_utf8=as_utf8)
        path.write_text(text, encoding="utf-8", newline="")
        expected = [
            LabelMapItem(item.id, item.name, item.display_name or item.name)
            for item in label_map_util.load_labelmap(str(path)).item
        ]
        assert read_items(path) == sorted(expected, key=lambda item: item.class_id)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(ITEMS)
    def test_what_is_written(self, tmp_path, items):
        from object_detection.utils import label_map_util

        path = tmp_path / "map.pbtxt"
        label_map = {item["name"]: item["id"] for item in items}
        path.write_text(label_map_to_text(label_map), encoding="utf-8")
        assert label_map_util.get_label_map_dict(str(path)) == label_map

    @pytest.mark.parametrize(
        "text", ['item {\n  nmae: "a"\n}', "item { id: x }", 'item { name: "a" id: 1', "{}"]
    )
    def test_the_same_texts_are_refused_at_the_same_place(self, text):
        from object_detection.protos.string_int_label_map_pb2 import StringIntLabelMap

        with pytest.raises(text_format.ParseError) as expected:
            text_format.Parse(text, StringIntLabelMap())
        with pytest.raises(OdapiError) as caught:
            parse_items(text, "my.pbtxt")
        assert caught.value.problem == f"The label map my.pbtxt does not parse: {expected.value}"
