"""The root tag of an XML file, by which formats tell their files apart, without the rest of it."""

import contextlib
from pathlib import Path

from lxml import etree

from odapi_ssd.data.xml_files import pull_parser, without_preamble

__all__ = ["root_tag"]

_HEAD_BYTES = 64 * 1024


def root_tag(path: Path) -> str | None:
    """The tag of an XML file's root; None if the file cannot be read or does not begin as XML.

    Only the beginning is read. Entities are not resolved, whatever the file declares.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return None
    parser = pull_parser("start")
    # What comes after the root's tag is the reader's business.
    with contextlib.suppress(etree.XMLSyntaxError, ValueError):
        parser.feed(without_preamble(head))
    return next((str(element.tag) for _, element in parser.read_events()), None)
