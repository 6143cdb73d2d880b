import html.parser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odapi_ssd.inspection.dataset.markup import Markup, element, join, number


class _Reader(html.parser.HTMLParser):
    """Tags, attributes and text as another program reads them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (element("p", "a"), "<p>a</p>"),
        (element("p", "a < b & 'c'"), "<p>a &lt; b &amp; &#x27;c&#x27;</p>"),
        (element("p", element("b", "x"), " y"), "<p><b>x</b> y</p>"),
        (element("p", ["a", None, [1234567, element("br")]]), "<p>a1,234,567<br></p>"),
        (element("img", src="a", alt=""), '<img src="a" alt="">'),
        (element("p", class_="k", aria_label="l"), '<p class="k" aria-label="l"></p>'),
        (element("p", hidden=True, id=None, dir=False), "<p hidden></p>"),
        (element("g", x=1 / 3, y=2.0, viewBox="0 0 1"), '<g x="0.33" y="2" viewBox="0 0 1"></g>'),
        (element("meta", name="referrer"), '<meta name="referrer">'),
        (element("p", "a\x00\x1b[2J\u202eb\udce9"), "<p>a\\x00\\x1b[2J\\u202eb\\udce9</p>"),
    ],
)  # fmt: skip
def test_elements(made, expected):
    assert made == expected
    assert isinstance(made, Markup)


def test_markup_is_not_escaped_twice_nor_shortened():
    path = Markup("M0 0" + "h1" * 5000)
    assert f'd="{path}"' in element("path", d=path)


@given(st.text(), st.text())
def test_no_text_becomes_a_tag_or_leaves_its_attribute(text, attribute):
    reader = _Reader(element("p", text, title=attribute))
    assert [tag for tag, _ in reader.tags] == ["p"]
    assert list(reader.tags[0][1]) == ["title"]


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=50))
def test_a_printable_text_arrives_as_it_is(text):
    assert _Reader(element("p", text)).text == text
    assert _Reader(element("p", title=text)).tags == [("p", {"title": text})]


def test_joining_nothing():
    assert join(None) == join([]) == join(["", None]) == ""


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (100.0, "100"), (-0.126, "-0.13"), (1e6, "1000000")]
)
def test_numbers(value, text):
    assert number(value) == text
