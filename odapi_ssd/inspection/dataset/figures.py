"""Pictures on the page: the image, the boxes over it with their classes, and a caption."""

import base64
from collections import Counter
from collections.abc import Mapping

from odapi_ssd.inspection.dataset.class_colors import text_color
from odapi_ssd.inspection.dataset.findings import ShownImage
from odapi_ssd.inspection.dataset.markup import Child, Markup, element
from odapi_ssd.inspection.dataset.pictures import Mark, Picture
from odapi_ssd.messages import count_of, printable

__all__ = ["picture_figure", "sample_image", "shown_name", "swatch"]

_MAX_NAME = 60
_MAX_LABEL = 22
_FONT_SIZE = 17.0
_LABEL_HEIGHT = 22.0
_MAX_LABELS = 16
_MAX_CHIPS = 8

_Rect = tuple[float, float, float, float]


def shown_name(name: str, most: int = _MAX_NAME) -> str:
    """A name as the page shows it: without its middle if it is long."""
    text = printable(name)
    half = most // 2
    return text if len(text) <= most else f"{text[:half]}…{text[-half:]}"


def swatch(color: str) -> Markup:
    """A small square in a class's color."""
    square = element("rect", width="10", height="10", rx="2", fill=color)
    return element("svg", square, class_="swatch", viewBox="0 0 10 10", aria_hidden="true")


def sample_image(shown: ShownImage, name: str) -> Markup:
    """A small picture of one object of a class."""
    picture, text = shown.picture, f"{shown_name(name)}, in {shown_name(shown.key)}"
    return element(
        "img", src=_data_uri(picture), alt=text, title=text, loading="lazy",
        width=picture.width, height=picture.height,
    )  # fmt: skip


def picture_figure(shown: ShownImage, colors: Mapping[str, str]) -> Markup:
    """A picture with its boxes and a caption.

    Args:
        shown: the picture, its image's key and a line about it.
        colors: by class name.
    """
    picture, title = shown.picture, element("bdi", shown_name(shown.key))
    height, width = picture.image_hw
    names = Counter(mark.name for mark in picture.marks)
    size = f"{width:,}×{height:,}" + (", a part of it" if picture.is_part else "")
    counts = ", ".join(f"{count:,} {shown_name(one)}" for one, count in names.most_common())
    alt = f"{shown_name(shown.key)}, {size} pixels, {counts or 'no boxes'}"
    image = element(
        "img",
        src=_data_uri(picture),
        alt=alt,
        width=picture.width,
        height=picture.height,
        loading="lazy",
    )
    return element(
        "figure",
        element("div", image, _overlay(picture, colors), class_="canvas"),
        element(
            "figcaption",
            title,
            element("div", size, class_="quiet"),
            element("div", shown.caption) if shown.caption else None,
            _chips(names, colors),
            element("div", f"{count_of(picture.num_left_out, 'box', 'boxes')} more not drawn")
            if picture.num_left_out
            else None,
        ),
        class_="picture",
    )


def _data_uri(picture: Picture) -> Markup:
    return Markup("data:image/jpeg;base64," + base64.b64encode(picture.jpeg).decode())


def _chips(names: Counter[str], colors: Mapping[str, str]) -> Child:
    if not names:
        return None
    shown = [
        element("li", swatch(colors.get(name, "#808080")), f"{count:,} ",
                element("bdi", shown_name(name, 30)))
        for name, count in names.most_common(_MAX_CHIPS)
    ]  # fmt: skip
    if len(names) > _MAX_CHIPS:
        shown.append(element("li", f"and {len(names) - _MAX_CHIPS} more classes"))
    return element("ul", shown, class_="chips")


def _overlay(picture: Picture, colors: Mapping[str, str]) -> Markup:
    has_wanted = any(mark.is_wanted for mark in picture.marks)
    boxes, labels = [], []
    taken: list[_Rect] = []
    for mark in picture.marks:
        is_faint = has_wanted and not mark.is_wanted
        boxes.append(_box(mark, colors.get(mark.name, "#808080"), is_faint))
    # Where some boxes matter, they alone are named; otherwise the largest ones.
    for mark in [one for one in picture.marks if one.is_wanted or not has_wanted]:
        place = _label_place(mark, picture, taken) if len(taken) < _MAX_LABELS else None
        if place is not None:
            taken.append(place)
            labels.append(_label(mark, place, colors.get(mark.name, "#808080")))
    return element(
        "svg", boxes, labels, viewBox=f"0 0 {picture.width} {picture.height}", aria_hidden="true"
    )


def _box(mark: Mark, color: str, is_faint: bool) -> Markup:
    left, top, right, bottom = mark.box_xyxy
    place = {"x": left, "y": top, "width": max(right - left, 1.0), "height": max(bottom - top, 1.0)}
    over = element("rect", class_="over faint" if is_faint else "over", stroke=color, **place)
    return over if is_faint else Markup(element("rect", class_="under", **place) + over)


def _label_place(mark: Mark, picture: Picture, taken: list[_Rect]) -> _Rect | None:
    """A place for a label above, in or below its box, within the picture; None if all are taken."""
    left, top, right, bottom = mark.box_xyxy
    if right < 0 or bottom < 0 or left > picture.width or top > picture.height:
        return None
    width = 0.6 * _FONT_SIZE * len(shown_name(mark.name, _MAX_LABEL)) + 8
    x = min(max(left, 0.0), max(picture.width - width, 0.0))
    for y in (top - _LABEL_HEIGHT, top, bottom - _LABEL_HEIGHT, bottom):
        place = (x, y, x + width, y + _LABEL_HEIGHT)
        if 0 <= y <= picture.height - _LABEL_HEIGHT and not any(_meet(place, one) for one in taken):
            return place
    return None


def _meet(one: _Rect, other: _Rect) -> bool:
    return (
        one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    )  # fmt: skip


def _label(mark: Mark, place: _Rect, color: str) -> Markup:
    left, top, right, bottom = place
    return Markup(
        element("rect", x=left, y=top, width=right - left, height=bottom - top, fill=color, rx="3")
        + element("text", shown_name(mark.name, _MAX_LABEL), x=left + 4, y=bottom - 6,
                  font_size=_FONT_SIZE, fill=text_color(color),
                  textLength=right - left - 8, lengthAdjust="spacingAndGlyphs")
    )  # fmt: skip
