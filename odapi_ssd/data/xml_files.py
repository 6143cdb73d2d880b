"""How XML files of strangers are parsed: without entities, DTDs and the network.

A document that declares a DTD is refused, so that nothing it refers to is read or multiplied.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from lxml import etree

from odapi_ssd.errors import OdapiError

__all__ = ["iterate_elements", "parse_root", "pull_parser", "without_preamble"]

_OPTIONS: dict[str, Any] = {
    "resolve_entities": False,
    "load_dtd": False,
    "no_network": True,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
_CHUNK_BYTES = 64 * 1024


def parse_root(content: bytes, source: str, expected_tag: str) -> etree._Element:
    """The root of a document.

    Args:
        content: the file's bytes; a byte order mark and blank lines before it are tolerated.
        source: the file's name for messages.
        expected_tag: the root's tag.

    Raises:
        OdapiError: it is not XML, declares a DTD or entities, or has another root.
    """
    try:
        root = etree.fromstring(without_preamble(content), etree.XMLParser(**_OPTIONS))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _not_xml(error, source) from error
    _check_root(root, source, expected_tag)
    return root


def pull_parser(*events: str) -> Any:
    """A parser that is fed with a document piece by piece: lxml's `XMLPullParser`.

    Args:
        *events: "start", "end" or both.
    """
    names: Any = events
    return etree.XMLPullParser(names, **_OPTIONS)


def iterate_elements(path: Path, source: str, expected_tag: str) -> Iterator[etree._Element]:
    """Yields the elements directly below the root, one after the other, complete.

    Each is emptied when the next is asked for: a file of any size takes the memory of one element.

    Args:
        path: the file.
        source: its name for messages.
        expected_tag: the root's tag.

    Raises:
        OdapiError: the file cannot be read, is not XML, declares a DTD or has another root.
    """
    try:
        with path.open("rb") as file:
            depth = 0
            for event, element in _read_events(file):
                if event == "start":
                    if depth == 0:
                        _check_root(element, source, expected_tag)
                    depth += 1
                    continue
                depth -= 1
                if depth == 1:
                    yield element
                    _empty(element)
    except OSError as error:
        raise OdapiError(f"{source}: cannot be read: {error.strerror or error}") from error
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _not_xml(error, source) from error


def _read_events(file: IO[bytes]) -> Iterator[tuple[str, etree._Element]]:
    parser = pull_parser("start", "end")
    chunk = without_preamble(file.read(_CHUNK_BYTES))
    while chunk:
        parser.feed(chunk)
        yield from parser.read_events()
        chunk = file.read(_CHUNK_BYTES)
    parser.close()
    yield from parser.read_events()


def _empty(element: etree._Element) -> None:
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:  # It keeps the empty ones.
        del parent[0]


def without_preamble(content: bytes) -> bytes:
    """A file's bytes without what some editors put before the declaration, and XML forbids."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")


def _check_root(root: etree._Element, source: str, expected_tag: str) -> None:
    if root.getroottree().docinfo.internalDTD is not None:
        raise _declares_entities(source)
    if root.tag != expected_tag:
        raise OdapiError(f"{source}: the root tag is <{root.tag!s}>, expected <{expected_tag}>")


def _not_xml(error: Exception, source: str) -> OdapiError:
    reason = error.msg if isinstance(error, etree.XMLSyntaxError) else str(error)
    if reason and "amplification" in reason:  # libxml2 counts what entities would come to.
        return _declares_entities(source)
    return OdapiError(f"{source}: is not XML: {reason or 'the file is empty'}")


def _declares_entities(source: str) -> OdapiError:
    return OdapiError(
        f"{source}: declares a DTD or entities, which an annotation needs none of; "
        "it is refused, and nothing that it refers to was read"
    )
