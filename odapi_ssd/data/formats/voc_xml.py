"""Reads one PASCAL VOC annotation, an XML file, by tag name.

Source: the VOC development kit (http://host.robots.ox.ac.uk/pascal/VOC/) and what LabelImg, CVAT
and Roboflow write in its name. Files come from strangers: entities, DTDs and the network are off,
and a document that declares a DTD is refused. Not here: whether the picture exists or the boxes
fit it.
"""

import math
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from odapi_ssd.errors import OdapiError

__all__ = ["Annotation", "VocObject", "is_plain_file_name", "parse_voc_xml", "read_voc_xml"]

_CORNER_TAGS = ("xmin", "ymin", "xmax", "ymax")
_FLAG_WORDS = {
    "": False,
    "unspecified": False,
    "false": False,
    "no": False,
    "true": True,
    "yes": True,
}


@dataclass(frozen=True)
class VocObject:
    """One `<object>`.

    Attributes:
        number: its place in the file, from 1.
        name: the class, without surrounding white space.
        box_xyxy_px: finite floats xmin, ymin, xmax, ymax as they stand in the file; nothing says
            that they lie within the image, or that the box has an area.
        pose: "Unspecified" where the file says nothing.
        is_truncated: False where the file says nothing.
        is_difficult: False where the file says nothing.
    """

    number: int
    name: str
    box_xyxy_px: tuple[float, float, float, float]
    pose: str = "Unspecified"
    is_truncated: bool = False
    is_difficult: bool = False


@dataclass(frozen=True)
class Annotation:
    """One annotation file.

    Attributes:
        source: the file's name for messages.
        filename: what `<filename>` says, a name without any folder; None if absent or empty.
        declared_hw: height and width as `<size>` has them; None if absent, zero or no numbers.
        objects: in the order of the file; empty for a picture without objects.
    """

    source: str
    filename: str | None
    declared_hw: tuple[int, int] | None
    objects: tuple[VocObject, ...]


def is_plain_file_name(name: str) -> bool:
    """Whether a name from a file names something in the very folder it is looked up in."""
    return name not in ("", ".", "..") and not any(sign in name for sign in "/\\\0")


def read_voc_xml(path: Path, source: str | None = None) -> Annotation:
    """Reads and parses one file; see `parse_voc_xml`.

    Args:
        path: the XML file.
        source: its name for messages; by default the path.

    Raises:
        OdapiError: the file cannot be read or is no valid annotation.
    """
    source = source or str(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise OdapiError(f"{source}: cannot be read: {error.strerror or error}") from error
    return parse_voc_xml(content, source)


def parse_voc_xml(content: bytes, source: str) -> Annotation:
    """Parses one annotation.

    Args:
        content: the file's bytes; a byte order mark is tolerated.
        source: the file's name for messages.

    Raises:
        OdapiError: no XML, a DTD or entities, another root than `<annotation>`, a `<filename>`
            with a folder in it, or faulty objects, which are all listed in `details`.
    """
    root = _parse_root(content, source)
    objects: list[VocObject] = []
    faults: list[str] = []
    filename = _text(root, "filename") or None
    if filename is not None and not is_plain_file_name(filename):
        faults.append(
            f"{source}: <filename> is {filename!r}, expected a file's name without a folder"
        )
    for number, element in enumerate(root.findall("object"), start=1):
        try:
            objects.append(_parse_object(element, number))
        except ValueError as error:
            faults.append(f"{source}, object {number}: {error}")
    if len(faults) == 1:
        raise OdapiError(faults[0])
    if faults:
        raise OdapiError(f"{source} has {len(faults)} faults.", details=faults)
    return Annotation(source, filename, _parse_size(root), tuple(objects))


def _parse_root(content: bytes, source: str) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    # Some editors put a byte order mark or blank lines before the declaration, which XML forbids.
    content = content.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise OdapiError(f"{source}: is no XML: {error.msg or 'the file is empty'}") from error
    except ValueError as error:
        raise OdapiError(f"{source}: is no XML: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise OdapiError(
            f"{source}: declares a DTD or entities, which an annotation needs none of; "
            "it is refused, and nothing that it refers to was read"
        )
    if root.tag != "annotation":
        raise OdapiError(f"{source}: the root tag is <{root.tag!s}>, expected <annotation>")
    return root


def _text(parent: etree._Element, tag: str) -> str:
    """The stripped text of the first direct child with that tag; empty if there is none."""
    element = parent.find(tag)
    # Never `if element:`, which asks whether it has children.
    return "" if element is None else (element.text or "").strip()


def _parse_size(root: etree._Element) -> tuple[int, int] | None:
    size = root.find("size")
    if size is None:
        return None
    try:
        height, width = (int(float(_text(size, tag))) for tag in ("height", "width"))
    except (ValueError, OverflowError):
        return None
    return (height, width) if height > 0 and width > 0 else None


def _parse_object(element: etree._Element, number: int) -> VocObject:
    """Reads direct children only: the `<part>`s of VOC's person layout have names and boxes too."""
    name = _text(element, "name")
    if not name:
        raise ValueError("<name> is missing or empty, expected the class")
    try:
        return VocObject(
            number=number,
            name=name,
            box_xyxy_px=_parse_box(element),
            pose=_text(element, "pose") or "Unspecified",
            is_truncated=_parse_flag(element, "truncated"),
            is_difficult=_parse_flag(element, "difficult"),
        )
    except ValueError as error:
        raise ValueError(f"({name}) {error}") from error


def _parse_box(element: etree._Element) -> tuple[float, float, float, float]:
    box = element.find("bndbox")
    if box is None:
        raise ValueError("<bndbox> is missing")
    xmin, ymin, xmax, ymax = (_parse_coordinate(box, tag) for tag in _CORNER_TAGS)
    return xmin, ymin, xmax, ymax


def _parse_coordinate(box: etree._Element, tag: str) -> float:
    if box.find(tag) is None:
        raise ValueError(f"<{tag}> is missing from <bndbox>")
    text = _text(box, tag)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or "_" in text:
        raise ValueError(f"<{tag}> is {text!r}, expected a finite number of pixels")
    return value


def _parse_flag(element: etree._Element, tag: str) -> bool:
    text = _text(element, tag).lower()
    if text in _FLAG_WORDS:
        return _FLAG_WORDS[text]
    try:
        return bool(int(text))
    except ValueError:
        raise ValueError(f"<{tag}> is {text!r}, expected 0 or 1") from None
