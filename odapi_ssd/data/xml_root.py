"""The root tag of an XML file, by which formats tell their files apart, without the rest of it."""

import contextlib
from pathlib import Path

from lxml import etree

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
    parser = etree.XMLPullParser(
        events=("start",), resolve_entities=False, load_dtd=False, no_network=True
    )
    # What comes after the root's tag is the reader's business.
    with contextlib.suppress(etree.XMLSyntaxError, ValueError):
        # Some editors put these before the declaration, which XML forbids.
        parser.feed(head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n"))
    return next((str(element.tag) for _, element in parser.read_events()), None)
