import pytest

from odapi_ssd.data.xml_root import root_tag

BOMB = (
    '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;"><!ENTITY z SYSTEM "/etc/passwd">]>'
    "<annotation>&y;&z;</annotation>"
)


@pytest.mark.parametrize(
    ("content", "tag"),
    [
        (b"<annotation><object/></annotation>", "annotation"),
        (b'\xef\xbb\xbf\n<?xml version="1.0"?><!-- by hand --><annotations/>', "annotations"),
        ("<?xml version='1.0' encoding='utf-16'?><é/>".encode("utf-16"), "é"),
        (b"<annotation><unclosed", "annotation"),
        (b"<annotation>" + b"<object/>" * 100_000, "annotation"),
        (BOMB.encode(), "annotation"),
        (b"", None),
        (b"no xml", None),
        (b"\xff\xd8\xff\xe0", None),
        (b"<?xml version='1.0' encoding='no such'?><a/>", None),
    ],
    ids=lambda value: str(value)[:30],
)
def test_root_tag(tmp_path, content, tag):
    (tmp_path / "a.xml").write_bytes(content)
    assert root_tag(tmp_path / "a.xml") == tag


def test_a_file_that_is_not_there(tmp_path):
    assert root_tag(tmp_path / "a.xml") is None
    assert root_tag(tmp_path) is None
