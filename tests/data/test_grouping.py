import pytest

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.data.dataset import SplitEntry
from odapi_ssd.data.fingerprints import fingerprint_text
from odapi_ssd.data.grouping import compile_group_by, make_units
from odapi_ssd.errors import OdapiError, OptionError


@pytest.fixture
def make_image(tmp_path):
    def make(name, content, *class_names):
        path = tmp_path / name.replace("/", "_")
        path.write_bytes(content.encode())
        objects = tuple(AnnotatedObject(1, one, (0, 0, 1, 1)) for one in class_names)
        return AnnotatedImage(name, path, Annotation(f"{name}.xml", None, objects), name)

    return make


def units_of(images, group_by=None, val_fraction=0.2):
    entries = [SplitEntry(image.key, image.key) for image in images]
    by_key = {image.key: image for image in images}
    return make_units(entries, by_key, val_fraction, compile_group_by(group_by))


def keys_of(units):
    return sorted(unit.keys for unit in units)


def test_copies_stay_together_whatever_their_names(make_image):
    images = [
        make_image(str(number), f"content {number // 2}", "dog", "dog") for number in range(6)
    ]
    units, warnings = units_of(images, val_fraction=0.5)
    assert keys_of(units) == [("0", "1"), ("2", "3"), ("4", "5")]
    assert [unit.class_counts for unit in units] == [{"dog": 2}] * 3
    assert warnings == []


def test_the_order_is_that_of_the_contents(make_image):
    first, _ = units_of([make_image("a", "1"), make_image("b", "2")])
    renamed, _ = units_of([make_image("z", "1"), make_image("y", "2")])
    assert [unit.order for unit in first] == [unit.order for unit in renamed]


@pytest.mark.parametrize(
    ("contents", "fraction", "expected"),
    [
        ("aaaa", 0.25, [1, 1, 1, 1]),  # Nothing would be left for val.
        ("aaab", 0.25, [1, 3]),
        ("aaaabbbb", 0.25, [1, 1, 1, 1, 4]),  # Of two that do not fit, one is enough.
        ("aabb", 0.5, [2, 2]),
        ("aa", 0.5, [1, 1]),
    ],
)
def test_too_many_copies_are_divided(make_image, contents, fraction, expected):
    images = [make_image(str(number), one) for number, one in enumerate(contents)]
    units, _ = units_of(images, val_fraction=fraction)
    assert sorted(len(unit.keys) for unit in units) == expected


def test_groups_by_the_names(make_image):
    names = ("a/video1_01.jpg", "a/video1_02.jpg", "b/video1_01.jpg", "b/video2_01.jpg")
    images = [make_image(name, name) for name in names]
    first_group, warnings = units_of(images, r"(video\d)_")
    assert keys_of(first_group) == [names[:3], names[3:]]
    assert warnings == []
    whole_match, _ = units_of(images, r".*video\d")
    assert keys_of(whole_match) == [names[:2], names[2:3], names[3:]]
    without_the_group, _ = units_of(images, r"(x)?_0\d")
    assert keys_of(without_the_group) == [(names[0], names[2], names[3]), (names[1],)]


def test_names_that_do_not_match_are_told(make_image):
    images = [make_image(name, name) for name in ("v1_1", "v1_2", "photo", "selfie")]
    units, warnings = units_of(images, r"(v\d)_")
    assert keys_of(units) == [("photo",), ("selfie",), ("v1_1", "v1_2")]
    assert warnings == [
        r"2 image names do not match --group_by '(v\\d)_' and stand alone: photo, selfie"
    ]


def test_an_expression_that_matches_nothing(make_image):
    with pytest.raises(OdapiError, match="'frame' matches the name of no image"):
        units_of([make_image("a", "a"), make_image("b", "b")], "frame")


@pytest.mark.parametrize("pattern", ["(", "a{99999999999}", "*"])
def test_what_is_not_an_expression(pattern):
    with pytest.raises(OptionError, match=r"--group_by is .* which is not a regular expression: "):
        compile_group_by(pattern)


def test_an_entry_without_an_image_goes_by_its_text(make_image):
    (unit,), _ = make_units([SplitEntry("a", "a.jpg")], {}, 0.2, None)
    assert unit.keys == ("a",)
    assert unit.order == fingerprint_text("a.jpg")
    assert unit.class_counts == {}
