import pytest

from odapi_ssd.data.xml_files import iterate_elements, parse_root, pull_parser, without_preamble
from odapi_ssd.errors import OdapiError

BOMB = '<!DOCTYPE r [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;">]><r><a b="&y;"/></r>'


class TestParseRoot:
    def test_a_document(self):
        root = parse_root(b"\xef\xbb\xbf\r\n<?xml version='1.0'?><!-- c --><r><a/></r>", "x", "r")
        assert [child.tag for child in root] == ["a"]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "x: is not XML: "),
            (b"<r>", "x: is not XML: "),
            (b"<s/>", "x: the root tag is <s>, expected <r>"),
            (BOMB.encode(), "x: declares a DTD or entities"),
        ],
    )
    def test_what_is_refused(self, content, message):
        with pytest.raises(OdapiError, match=message):
            parse_root(content, "x", "r")


class TestIterateElements:
    def elements(self, tmp_path, text):
        (tmp_path / "x.xml").write_text(text)
        return iterate_elements(tmp_path / "x.xml", "x.xml", "r")

    def test_each_is_complete_and_those_before_it_are_gone(self, tmp_path):
        parts = "".join(f'<a n="{number}"><b><c/></b>text</a>\n' for number in range(20_000))
        numbers = []
        for element in self.elements(tmp_path, f"<r>{parts}</r>"):
            numbers.append(int(element.get("n")))
            assert element.find("b/c") is not None
            siblings_before = list(element.itersiblings(preceding=True))
            assert len(siblings_before) <= 1
            assert all(len(one) == 0 for one in siblings_before)
        assert numbers == list(range(20_000))

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", r"x\.xml: is not XML: "),
            ("<r><a/>", r"x\.xml: is not XML: "),
            ("<s/>", r"x\.xml: the root tag is <s>, expected <r>"),
            (BOMB, r"x\.xml: declares a DTD or entities"),
        ],
    )
    def test_what_is_refused(self, tmp_path, text, message):
        with pytest.raises(OdapiError, match=message):
            list(self.elements(tmp_path, text))

    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(OdapiError, match=r"x\.xml: cannot be read: No such file"):
            list(iterate_elements(tmp_path / "x.xml", "x.xml", "r"))


def test_a_parser_of_pieces():
    parser = pull_parser("start")
    parser.feed(without_preamble(b" \n<r><a>"))
    assert [element.tag for _, element in parser.read_events()] == ["r", "a"]
