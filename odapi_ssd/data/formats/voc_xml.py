"""Reads one PASCAL VOC annotation, an XML file, by tag name.

Source: the VOC development kit (http://host.robots.ox.ac.uk/pascal/VOC/) and the files that
LabelImg, CVAT and Roboflow write in this format. Files come from strangers: entities, DTDs and the
network are off, and a document that declares a DTD is refused. Not here: whether the image exists
or the boxes fit it.
"""

from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from odapi_ssd.data.annotations import AnnotatedObject, Annotation
from odapi_ssd.data.numbers import finite_number
from odapi_ssd.data.xml_files import parse_root
from odapi_ssd.errors import OdapiError

__all__ = ["VocXml", "parse_voc_xml", "read_voc_xml"]

_CORNER_TAGS = ("xmin", "ymin", "xmax", "ymax")
_FLAG_WORDS = {
    "": False,
    "unspecified": False,
    "false": False,
    "no": False,
    "true": True,
    "yes": True,
    "0": False,
    "1": True,
}
# The direct children of an element, by tag.
_Children = dict[str, etree._Element]


@dataclass(frozen=True)
class VocXml:
    """The content of one file.

    Attributes:
        filename: the text of `<filename>`, to be looked up and never joined to a path: it may have
            folders of any machine; None if absent or empty.
        annotation: size and objects; boxes as they are in the file.
        is_segmented: whether it says that the image has masks.
    """

    filename: str | None
    annotation: Annotation
    is_segmented: bool = False


def read_voc_xml(path: str | Path, source: str) -> VocXml:
    """Reads and parses one file; see `parse_voc_xml`.

    Args:
        path: the XML file.
        source: its name for messages.

    Raises:
        OdapiError: the file cannot be read or is not a valid annotation.
    """
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise OdapiError(f"{source}: cannot be read: {error.strerror or error}") from error
    return parse_voc_xml(content, source)


def parse_voc_xml(content: bytes, source: str) -> VocXml:
    """Parses one annotation.

    Args:
        content: the file's bytes; a byte order mark is tolerated.
        source: the file's name for messages.

    Raises:
        OdapiError: not XML, a DTD or entities, another root than `<annotation>`, or faulty objects;
            several faults are listed in `details`.
    """
    root = parse_root(content, source, "annotation")
    objects: list[AnnotatedObject] = []
    faults: list[str] = []
    children = _first_children(root)
    for number, element in enumerate(root.iterchildren("object"), start=1):
        try:
            objects.append(_parse_object(element, number))
        except ValueError as error:
            faults.append(f"{source}, object {number}: {error}")
    if len(faults) == 1:
        raise OdapiError(faults[0])
    if faults:
        raise OdapiError(f"{source} has {len(faults)} faults.", details=faults)
    annotation = Annotation(source, _parse_size(children), tuple(objects))
    filename = _text(children, "filename") or None
    return VocXml(filename, annotation, _text(children, "segmented") not in ("", "0"))


def _first_children(parent: etree._Element) -> _Children:
    """The first direct child with each tag: to look for each by itself takes longer."""
    children: _Children = {}
    for child in parent:
        children.setdefault(str(child.tag), child)
    return children


def _text(children: _Children, tag: str) -> str:
    """The stripped text of the first direct child with that tag; empty if there is none."""
    element = children.get(tag)
    # Never `if element:`, which asks whether it has children.
    return "" if element is None else (element.text or "").strip()


def _parse_size(children: _Children) -> tuple[int, int] | None:
    if "size" not in children:
        return None
    size = _first_children(children["size"])
    try:
        height, width = int(float(_text(size, "height"))), int(float(_text(size, "width")))
    except (ValueError, OverflowError):
        return None
    return (height, width) if height > 0 and width > 0 else None


def _parse_object(element: etree._Element, number: int) -> AnnotatedObject:
    """Reads direct children only: the `<part>`s of VOC's person layout have names and boxes too."""
    children = _first_children(element)
    name = _text(children, "name")
    if not name:
        raise ValueError("<name> is missing or empty, expected the class")
    try:
        return AnnotatedObject(
            number=number,
            name=name,
            box_xyxy_px=_parse_box(children),
            pose=_text(children, "pose") or "Unspecified",
            is_truncated=_parse_flag(children, "truncated"),
            is_difficult=_parse_flag(children, "difficult"),
        )
    except ValueError as error:
        raise ValueError(f"({name}) {error}") from error


def _parse_box(children: _Children) -> tuple[float, float, float, float]:
    if "bndbox" not in children:
        raise ValueError("<bndbox> is missing")
    corners = _first_children(children["bndbox"])
    xmin, ymin, xmax, ymax = [_parse_coordinate(corners, tag) for tag in _CORNER_TAGS]
    return xmin, ymin, xmax, ymax


def _parse_coordinate(corners: _Children, tag: str) -> float:
    if tag not in corners:
        raise ValueError(f"<{tag}> is missing from <bndbox>")
    text = _text(corners, tag)
    value = finite_number(text)
    if value is None:
        raise ValueError(f"<{tag}> is {text!r}, expected a finite number of pixels")
    return value


def _parse_flag(children: _Children, tag: str) -> bool:
    text = _text(children, tag).lower()
    if text in _FLAG_WORDS:
        return _FLAG_WORDS[text]
    try:
        return bool(int(text))
    except ValueError:
        raise ValueError(f"<{tag}> is {text!r}, expected 0 or 1") from None
