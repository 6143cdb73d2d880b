import re

import pytest

from odapi_ssd.inspection.dataset.figures import picture_figure, sample_image, shown_name, swatch
from odapi_ssd.inspection.dataset.findings import ShownImage
from odapi_ssd.inspection.dataset.pictures import Mark, Picture

_COLORS = {"dog": "#112233", "cat": "#ddeeff"}


def _picture(*marks, num_left_out=0, is_part=False):
    return Picture(b"jpeg", 480, 360, marks, num_left_out, (300, 400), is_part)


def _mark(name, *box, is_wanted=False):
    return Mark(name, box, is_wanted)


def _figure(picture, key, colors, caption=""):
    return picture_figure(ShownImage(key, caption, picture), colors)


def _labels(figure):
    return re.findall(r"<text[^>]*>([^<]*)</text>", figure)


def test_the_image_is_in_the_page_and_described():
    picture = _picture(
        _mark("dog", 1, 2, 30, 40), _mark("dog", 5, 6, 7, 8), _mark("cat", 9, 9, 90, 90)
    )
    figure = _figure(picture, "a.jpg", _COLORS, "a caption")
    assert 'src="data:image/jpeg;base64,anBlZw=="' in figure
    assert 'alt="a.jpg, 400×300 pixels, 2 dog, 1 cat"' in figure
    assert 'width="480" height="360"' in figure
    assert "a caption" in figure
    assert figure.count('stroke="#112233"') == 2


def test_boxes_that_matter_stand_out_and_alone_have_a_label():
    picture = _picture(
        _mark("cat", 1, 2, 30, 40), _mark("dog", 100, 100, 200, 200, is_wanted=True), is_part=True
    )
    figure = _figure(picture, "a", _COLORS)
    assert _labels(figure) == ["dog"]
    assert figure.count("over faint") == 1
    assert "a part of it" in figure


def test_labels_are_within_the_picture_and_apart():
    marks = [
        _mark("dog", x, y, x + 60, y + 50) for x in range(-20, 480, 40) for y in range(-20, 360, 40)
    ]
    figure = _figure(_picture(*marks), "a", _COLORS)
    places = [
        tuple(float(value) for value in found)
        for found in re.findall(
            r'<rect x="([-\d.]+)" y="([-\d.]+)" width="([-\d.]+)" height="([-\d.]+)" fill=', figure
        )
    ]
    assert 5 < len(places) == len(_labels(figure)) <= 16
    for number, (x, y, width, height) in enumerate(places):
        assert 0 <= x <= x + width <= 480
        assert 0 <= y <= y + height <= 360
        for other_x, other_y, other_width, other_height in places[:number]:
            is_beside = x >= other_x + other_width or other_x >= x + width
            assert is_beside or y >= other_y + other_height or other_y >= y + height


def test_labels_have_room_for_their_text():
    figure = _figure(_picture(_mark("W" * 90, 9, 99, 300, 300)), "a", {})
    (label,) = _labels(figure)
    assert len(label) == 23
    assert "…" in label
    (width,) = re.findall(r'height="22" fill="[^"]+" rx="3"', figure) and re.findall(
        r'textLength="([\d.]+)"', figure
    )
    assert float(width) < 480


def test_a_sample_says_its_class_and_image():
    image = sample_image(ShownImage("a<b", "", _picture()), "dog")
    assert 'alt="dog, in a&lt;b"' in image
    assert 'src="data:image/jpeg;base64,anBlZw=="' in image


def test_many_classes_and_boxes_are_counted():
    marks = [_mark(f"class {number}", 1, 1, 9, 9) for number in range(12)]
    figure = _figure(_picture(*marks, num_left_out=1234), "a", {})
    assert "and 4 more classes" in figure
    assert "1,234 boxes more not drawn" in figure


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("dog", "dog"),
        ("", ""),
        ("x" * 60, "x" * 60),
        ("ab" * 31, "ab" * 15 + "…" + "ab" * 15),
        ("a\nb", "a\\nb"),
    ],
)
def test_names(name, shown):
    assert shown_name(name) == shown


def test_a_swatch_is_hidden_from_readers():
    assert 'aria-hidden="true"' in swatch("#abcdef")
