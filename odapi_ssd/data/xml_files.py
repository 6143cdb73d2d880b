"""How XML files of strangers are parsed: without entities, DTDs and the network.

A document that declares a DTD is refused, so that nothing it refers to is read or multiplied.
"""

import io
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
_TAIL_BYTES = 1024
_BAD_REFERENCE = (
    "has an & that begins no character reference, expected &amp; for the character itself"
)
_ENCODING = "has bytes that are no text in its encoding, expected UTF-8 or the one it declares"
_CODES = etree.ErrorTypes
_REASONS: dict[Any, str] = {
    _CODES.ERR_DOCUMENT_END: "goes on after the end of the root element, expected nothing there",
    _CODES.ERR_INVALID_CHARREF: _BAD_REFERENCE,
    _CODES.ERR_INVALID_DEC_CHARREF: _BAD_REFERENCE,
    _CODES.ERR_INVALID_HEX_CHARREF: _BAD_REFERENCE,
    _CODES.ERR_TAG_NAME_MISMATCH: "has an end tag that is not of the element open there",
    _CODES.ERR_INVALID_ENCODING: _ENCODING,
    _CODES.ERR_UNSUPPORTED_ENCODING: "declares an encoding that is not known, expected UTF-8",
    _CODES.ERR_UNKNOWN_ENCODING: "declares an encoding that is not known, expected UTF-8",
    _CODES.ERR_INVALID_CHAR: "has a control character, which XML does not allow",
    _CODES.ERR_ATTRIBUTE_REDEFINED: "has the same attribute twice in one tag",
    _CODES.ERR_LT_IN_ATTRIBUTE: "has a < in the value of an attribute, expected &lt;",
    _CODES.NS_ERR_UNDEFINED_NAMESPACE: "has a prefix (as in <prefix:tag>) that is not declared",
}


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
        raise _not_xml(error, source, content[-_TAIL_BYTES:]) from error
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
        raise _not_xml(error, source, _tail(path)) from error


def _read_events(file: IO[bytes]) -> Iterator[tuple[str, etree._Element]]:
    parser = pull_parser("start", "end")
    chunk = without_preamble(file.read(_CHUNK_BYTES))
    while chunk:
        parser.feed(chunk)
        yield from parser.read_events()
        chunk = file.read(_CHUNK_BYTES)
    try:
        parser.close()
    except etree.XMLSyntaxError as error:
        first = parser.feed_error_log.last_error
        if error.lineno or first is None:
            raise
        # Of an undeclared entity lxml tells no more than that the document has no end.
        raise etree.XMLSyntaxError(first.message, first.type, first.line, first.column) from error
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


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, io.SEEK_END) - _TAIL_BYTES))
        return file.read()


def _not_xml(error: Exception, source: str, tail: bytes) -> OdapiError:
    """The error of a parser in plain words, with the line.

    Args:
        error: what the parser raised.
        source: the file's name for messages.
        tail: the last bytes of the file, which tell whether it is whole.
    """
    if not isinstance(error, etree.XMLSyntaxError):
        return OdapiError(f"{source}: is not XML: it cannot be read as text")
    if error.msg and "amplification" in error.msg:  # libxml2 counts what entities would come to.
        return _declares_entities(source)
    line = error.lineno or 1
    return OdapiError(f"{source}: is not XML: line {line} {_reason(error, tail)}")


def _reason(error: etree.XMLSyntaxError, tail: bytes) -> str:
    code, message = error.code, error.msg or ""
    if code == _CODES.ERR_DOCUMENT_EMPTY or not tail.strip():
        return "begins with no tag, expected <; the file is empty or of another kind"
    if code == _CODES.ERR_RESOURCE_LIMIT:
        is_deep = "depth" in message
        return "has elements nested too deep" if is_deep else "has a text or name of 10 MB or more"
    if "Entity" in message:  # It has several codes, also that of tags without a name.
        return _BAD_REFERENCE
    if code in _REASONS:
        return _REASONS[code]
    is_cut_off = not tail.replace(b"\0", b"").rstrip().endswith(b">")
    if is_cut_off or code == _CODES.ERR_TAG_NOT_FINISHED:
        return "is where the file ends, within an element: it is not whole"
    return "has a malformed tag, expected <name attribute='value'>; a < in text is written &lt;"


def _declares_entities(source: str) -> OdapiError:
    return OdapiError(
        f"{source}: declares a DTD or entities, which an annotation needs none of; "
        "it is refused, and nothing that it refers to was read"
    )
