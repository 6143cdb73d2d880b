"""The page as a document: well-formed, without anything that loads or runs, names escaped."""

import base64
import hashlib
import html.parser
import itertools
import re

import pytest

from odapi_ssd.inspection.dataset.run import InspectionOptions, inspect_dataset
from tests.support.faulty_dataset import HOSTILE_CLASS, HOSTILE_STEM, write_faulty_dataset

_VOID = {"br", "img", "meta"}


class _Document(html.parser.HTMLParser):
    """All elements, and whether each that was opened was closed."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text, self._open = [], [], []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        assert len({name for name, _ in attrs}) == len(attrs)
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of a dataset with a stranger's names."""
    folder = tmp_path_factory.mktemp("page")
    inspect_dataset(
        write_faulty_dataset(folder / "<i>data"), folder / "out", InspectionOptions(num_workers=1)
    )
    return (folder / "out" / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def document(page):
    return _Document(page)


def test_nothing_is_loaded_and_nothing_runs(document):
    tags = {tag for tag, _ in document.elements}
    assert not tags & {
        "script",
        "link",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
        "image",
        "use",
    }
    attributes = [one for _, of in document.elements for one in of.items()]
    assert not [name for name, _ in attributes if name.startswith("on") or name == "style"]
    assert all(one["src"].startswith("data:image/jpeg;base64,") for one in document.of("img"))
    assert all(one["href"].startswith("#") for one in document.of("a"))


def test_the_policy_names_the_style_sheet(page, document):
    (policy,) = (one["content"] for one in document.of("meta") if "http-equiv" in one)
    (style,) = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert "@import" not in style
    assert "url(" not in style


def test_a_strangers_names_are_texts(document):
    assert HOSTILE_CLASS in document.text
    assert HOSTILE_STEM in document.text
    assert "<i>data" in document.text


def test_links_lead_to_sections(document):
    ids = [of["id"] for _, of in document.elements if "id" in of]
    assert len(set(ids)) == len(ids)
    links = [one["href"].removeprefix("#") for one in document.of("a")]
    assert set(links) <= set(ids)
    assert {"problems", "splits", "classes", "boxes", "images"} <= set(links)


def test_what_readers_of_screens_need(document):
    assert document.of("html") == [{"lang": "en"}]
    assert len(document.of("h1")) == 1
    headings = [int(tag[1]) for tag, _ in document.elements if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in itertools.pairwise(headings))
    assert all(one["alt"] for one in document.of("img"))
    assert all(one.get("scope") in ("row", "col") for one in document.of("th"))
    assert len(document.of("caption")) == len(document.of("table")) >= 3
    for one in document.of("svg"):
        assert one.get("aria-hidden") == "true" or (one["role"] == "img" and one["aria-label"])


def test_counts_of_problems_stand_out(document):
    assert [one.get("class") for one in document.of("dd")] == [None] * 4 + ["error", "warning"]


def test_its_size_is_bounded(page):
    assert 10_000 < len(page) < 3_000_000
