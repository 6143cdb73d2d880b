import pytest
from hypothesis import given
from hypothesis import strategies as st

from odapi_ssd.data.annotations import AnnotatedObject, Annotation
from odapi_ssd.data.formats.voc_xml import VocXml, parse_voc_xml, read_voc_xml
from odapi_ssd.errors import OdapiError

FULL = b"""\
<annotation>
  <folder>VOC2007</folder>
  <filename> 000001.jpg </filename>
  <size><width>353</width><height>500</height><depth>3</depth></size>
  <object>
    <name>
      dog
    </name>
    <pose>Left</pose><truncated>1</truncated><difficult>0</difficult>
    <bndbox><xmax>195</xmax><xmin>48.5</xmin><ymin>240</ymin><ymax>371</ymax></bndbox>
  </object>
  <object>
    <name>person</name>
    <part><name>head</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox>
    </part>
    <bndbox><xmin>8</xmin><ymin>12</ymin><xmax>352</xmax><ymax>498</ymax></bndbox>
  </object>
</annotation>
"""


def parse(text: str | bytes) -> VocXml:
    return parse_voc_xml(text if isinstance(text, bytes) else text.encode(), "a.xml")


def parse_objects(inner: str) -> tuple[AnnotatedObject, ...]:
    return parse(f"<annotation>{inner}</annotation>").annotation.objects


BOX = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox>"


def test_full_annotation_by_tag_name_not_by_place():
    content = parse(FULL)
    assert content.filename == "000001.jpg"
    assert content.annotation == Annotation(
        source="a.xml",
        declared_hw=(500, 353),
        objects=(
            AnnotatedObject(1, "dog", (48.5, 240.0, 195.0, 371.0), "Left", True, False),
            # The box of <part> is nested and not the person's.
            AnnotatedObject(2, "person", (8.0, 12.0, 352.0, 498.0), "Unspecified", False, False),
        ),
    )


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + FULL,
        b"\r\n\t" + FULL,
        b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?>' + FULL,
        ('<?xml version="1.0" encoding="utf-16"?>' + FULL.decode()).encode("utf-16"),
        FULL.replace(b"dog", b"<!-- a comment -->dog<?pi x?>"),
    ],
    ids=["bom", "leading blank", "bom and declaration", "utf-16", "comment and instruction"],
)
def test_harmless_variants_give_the_same(content):
    assert parse(content) == parse(FULL)


def test_no_objects_and_no_size():
    assert parse("<annotation/>") == VocXml(None, Annotation("a.xml", None, ()))


@pytest.mark.parametrize(
    "size",
    [
        "<width>0</width><height>0</height>",
        "<width>3</width>",
        "<width>a</width><height>2</height>",
    ],
)
def test_useless_size_counts_as_none(size):
    assert parse(f"<annotation><size>{size}</size></annotation>").annotation.declared_hw is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", False), ("1", True), ("", False), ("Unspecified", False), ("true", True), (" 1 ", True)],
)
def test_flags(text, expected):
    inner = f"<object><name>x</name><truncated>{text}</truncated>{BOX}</object>"
    assert parse_objects(inner)[0].is_truncated is expected


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**6), 10**6))
def test_any_finite_number_is_a_coordinate(xmin, ymax):
    box = BOX.replace(">1<", f">{xmin!r}<").replace(">4<", f"> {ymax} <")
    (one,) = parse_objects(f"<object><name>x</name>{box}</object>")
    assert one.box_xyxy_px == (xmin, 2.0, 3.0, float(ymax))


# What XML 1.0 can carry, without what it would normalize.
NAMES = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), min_size=1
).filter(lambda name: name.strip() == name)


@given(NAMES)
def test_any_unicode_name_survives(name):
    escaped = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert parse_objects(f"<object><name> {escaped} </name>{BOX}</object>")[0].name == name


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        (f"<object>{BOX}</object>", "<name> is missing or empty"),
        (f"<object><name> </name>{BOX}</object>", "<name> is missing or empty"),
        ("<object><name>x</name></object>", "(x) <bndbox> is missing"),
        (f"<object><name>x</name><part>{BOX}</part></object>", "(x) <bndbox> is missing"),
        (
            f"<object><name>x</name>{BOX.replace('<xmax>3</xmax>', '')}</object>",
            "<xmax> is missing",
        ),
        (f"<object><name>x</name>{BOX.replace('3', 'three')}</object>", "<xmax> is 'three'"),
        (f"<object><name>x</name>{BOX.replace('3', '')}</object>", "<xmax> is ''"),
        (f"<object><name>x</name>{BOX.replace('3', 'nan')}</object>", "<xmax> is 'nan'"),
        (f"<object><name>x</name>{BOX.replace('3', '-inf')}</object>", "<xmax> is '-inf'"),
        (f"<object><name>x</name><difficult>?</difficult>{BOX}</object>", "<difficult> is '?'"),
    ],
)
def test_faulty_object_is_named_with_what_was_found(inner, expected):
    good = f"<object><name>good</name>{BOX}</object>"
    with pytest.raises(OdapiError) as caught:
        parse_objects(good + inner)
    assert "a.xml, object 2:" in caught.value.problem
    assert expected in caught.value.problem


def test_all_faults_of_a_file_are_listed():
    with pytest.raises(OdapiError) as caught:
        parse_objects("<object/><object><name>x</name></object>")
    assert len(caught.value.details) == 2


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is not XML"),
        (b"\0\0", "is not XML"),
        (b"hello", "is not XML"),
        (b"<annotation>", "is not XML"),
        (b"<annotation>\xff</annotation>", "is not XML"),
        (b"<html/>", "the root tag is <html>, expected <annotation>"),
    ],
)
def test_no_annotation(content, expected):
    with pytest.raises(OdapiError, match=f"a.xml: {expected}"):
        parse(content)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a\\b.jpg", "..", "day/b.jpg"])
def test_filename_is_as_written(name):
    assert parse(f"<annotation><filename>{name}</filename></annotation>").filename == name


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE annotation [<!ENTITY x SYSTEM "file://{path}">]>'
        "<annotation><object><name>&x;</name></object></annotation>",
        '<!DOCTYPE annotation [<!ENTITY % x SYSTEM "file://{path}"> %x;]><annotation/>',
        '<!DOCTYPE annotation SYSTEM "file://{path}"><annotation/>',
        '<!DOCTYPE annotation [<!ENTITY x "harmless">]><annotation/>',
    ],
    ids=["entity", "parameter entity", "external dtd", "internal entity"],
)
def test_dtd_and_entities_are_refused_and_not_read(document, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("<!ENTITY y 'TOP SECRET'>")
    with pytest.raises(OdapiError) as caught:
        parse(document.replace("{path}", str(secret)))
    assert "a.xml: declares a DTD or entities" in str(caught.value)
    assert "SECRET" not in str(caught.value)


def test_entity_bomb_is_refused_at_once():
    entities = '<!ENTITY e0 "ha">' + "".join(
        f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12)
    )
    with pytest.raises(OdapiError):
        parse(f'<!DOCTYPE annotation [{entities}]><annotation x="&e11;">&e11;</annotation>')


def test_xinclude_is_not_followed(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret.jpg")
    include = f'<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="{secret}" parse="text"/>'
    assert parse(f"<annotation><filename>{include}</filename></annotation>").filename is None


def test_file_that_is_not_there(tmp_path):
    with pytest.raises(OdapiError, match=r"a\.xml: cannot be read: No such file"):
        read_voc_xml(tmp_path / "a.xml", "a.xml")
