import pytest

from odapi_ssd.data.xml_files import iterate_elements, parse_root, pull_parser, without_preamble
from odapi_ssd.errors import OdapiError

AMPERSAND = "has an & that begins no character reference, expected &amp; for the character"
CUT_OFF = "is where the file ends, within an element: it is not whole"
# By a document that is none: the line with the fault, and what is said of it.
FAULTS = {
    "": (1, "begins with no tag, expected <; the file is empty or of another kind"),
    "hello": (1, "begins with no tag"),
    "<r>\n<a>cats & dogs</a></r>": (2, AMPERSAND),
    "<r>\n<a>cats &dogs</a></r>": (2, AMPERSAND),
    "<r>&nbsp;</r>": (1, AMPERSAND),
    "<r>&#xZ;</r>": (1, AMPERSAND),
    "<r a='b&c'/>": (1, AMPERSAND),
    "<r>\n" + "<a>" * 5000: (2, "has elements nested too deep"),
    f"<r>{'x' * 10_100_000}</r>": (1, "has a text or name of 10 MB or more"),
    "<r>\n<a>\n</r>": (3, "has an end tag that is not of the element open there"),
    "<r><a/>\n": (2, CUT_OFF),
    "<r>\n<a": (2, CUT_OFF),
    "<r>\n<a labe": (2, CUT_OFF),
    "<r>\n<a label='x": (2, CUT_OFF),
    "<r>\n</": (2, CUT_OFF),
    "<r/>\nmore": (2, "goes on after the end of the root element"),
    "<r>\n\x01</r>": (2, "has a control character, which XML does not allow"),
    "<?xml version='1.0' encoding='foo'?><r/>": (1, "declares an encoding that is not known"),
    "<r a='1' a='2'/>": (1, "has the same attribute twice in one tag"),
    "<r a='<'/>": (1, "has a < in the value of an attribute, expected &lt;"),
    "<r a=1/>": (1, "has a malformed tag, expected <name"),
    "<r>\nx < 5</r>": (2, "has a malformed tag"),
    "<r><a:b/></r>": (1, "has a prefix (as in <prefix:tag>) that is not declared"),
}

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


@pytest.mark.parametrize("text", FAULTS, ids=lambda text: repr(text[:20]))
def test_what_is_wrong_is_told_in_plain_words(tmp_path, text):
    line, reason = FAULTS[text]
    (tmp_path / "x.xml").write_text(text)
    with pytest.raises(OdapiError) as whole:
        parse_root(text.encode(), "x.xml", "r")
    with pytest.raises(OdapiError) as piecewise:
        list(iterate_elements(tmp_path / "x.xml", "x.xml", "r"))
    for caught in (whole, piecewise):
        assert caught.value.problem.startswith(f"x.xml: is not XML: line {line} {reason}")


def test_text_in_another_encoding():
    with pytest.raises(OdapiError, match="line 2 has bytes that are no text in its encoding"):
        parse_root(b"<r>\n\xff</r>", "x.xml", "r")
