"""The page: one HTML file without scripts that needs no other file and no network.

Its Content-Security-Policy allows the style sheet below, by its hash, and images within the page;
nothing else is loaded or run, whatever a dataset's names may hold.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence

from odapi_ssd import __version__
from odapi_ssd.inspection.dataset.box_section import box_section
from odapi_ssd.inspection.dataset.class_colors import class_colors
from odapi_ssd.inspection.dataset.figures import picture_figure, sample_image, shown_name, swatch
from odapi_ssd.inspection.dataset.findings import DatasetFindings, ShownImage
from odapi_ssd.inspection.dataset.markup import Child, Markup, element
from odapi_ssd.inspection.dataset.page_style import STYLE
from odapi_ssd.inspection.dataset.problems import ProblemGroup
from odapi_ssd.inspection.dataset.tables import class_table, split_legend, split_table
from odapi_ssd.messages import count_of

__all__ = ["page_text"]

_NUM_LINES = 5
_NUM_MORE_LINES = 200


def page_text(findings: DatasetFindings) -> str:
    """The whole page."""
    style_hash = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; img-src data:; style-src 'sha256-{style_hash}'; "
        "base-uri 'none'; form-action 'none'"
    )
    title = f"{shown_name(findings.title)}: the dataset"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        element("style", Markup(STYLE)),
    )
    colors = class_colors(findings.class_names)
    body = element(
        "body",
        element("header", _heading(findings), _navigation(findings), _tiles(findings)),
        element(
            "main",
            _problem_section(findings, colors),
            _split_section(findings),
            _class_section(findings, colors),
            box_section(findings),
            _contact_sheet(findings, colors),
        ),
        element(
            "footer",
            f"Written by odapi-ssd {__version__} inspect. The figures are in report.json beside "
            "this page.",
        ),
    )
    return Markup("<!DOCTYPE html>\n") + element("html", head, body, lang="en") + "\n"


def _heading(findings: DatasetFindings) -> Markup:
    return element("h1", element("bdi", shown_name(findings.title)))


def _navigation(findings: DatasetFindings) -> Markup:
    sections = ["Problems", "Splits", "Classes", "Boxes"]
    if findings.matches is not None:
        sections.append("Anchors")
    links = [
        element("li", element("a", name, href=f"#{name.lower()}"))
        for name in [*sections, "Images"]
    ]  # fmt: skip
    return element("nav", element("ul", links), aria_label="Sections")


def _tiles(findings: DatasetFindings) -> Markup:
    statistics = findings.statistics
    tiles = [
        ("images", statistics.total.num_images),
        ("objects", statistics.total.num_objects),
        ("classes", len(statistics.class_names)),
        ("splits" if len(statistics.splits) != 1 else "split", len(statistics.splits)),
        ("errors", findings.num_problems("error")),
        ("warnings", findings.num_problems("warning")),
    ]
    return element(
        "dl",
        [
            element("div", element("dt", name), element("dd", count, class_=_alarm(name, count)))
            for name, count in tiles
        ],
        class_="tiles",
    )


def _alarm(name: str, count: int) -> str | None:
    """The color of a count of problems; None for a good one and for any other."""
    return name.removesuffix("s") if name in ("errors", "warnings") and count else None


def _problem_section(findings: DatasetFindings, colors: Mapping[str, str]) -> Markup:
    groups = findings.problems
    if not groups:
        summary: Child = element("p", "Nothing was found.")
    else:
        lines = [
            element(
                "li",
                _badge(group),
                element("a", group.kind.title, href=f"#{group.kind.name}"),
                element("span", count_of(group.num, group.kind.one, group.kind.many),
                        class_="count"),
            )
            for group in groups
        ]  # fmt: skip
        words = (
            "An error stops a conversion. A warning does not, but training or scores may suffer."
        )
        summary = [element("p", words, class_="quiet"), element("ul", lines, class_="kinds")]
    details = [
        _problem(group, findings.problem_pictures[group.kind.name], colors) for group in groups
    ]
    return element("section", element("h2", "Problems", id="problems"), summary, details)


def _problem(
    group: ProblemGroup,
    pictures: Sequence[ShownImage],
    colors: Mapping[str, str],
) -> Markup:
    kind = group.kind
    lines = [element("li", problem.text) for problem in group.listed]
    shown = lines[:_NUM_LINES]
    more = lines[_NUM_LINES : _NUM_LINES + _NUM_MORE_LINES]
    num_hidden = group.num - len(shown) - len(more)
    rest = [element("ul", more, class_="lines")]
    if num_hidden:
        rest.append(element("p", f"{num_hidden:,} more; report.json lists the first 1,000."))
    return element(
        "article",
        element("h3", _badge(group), kind.title, id=kind.name),
        element("p", kind.advice, class_="quiet"),
        element("ul", shown, class_="lines"),
        element("details", element("summary", f"{group.num - len(shown):,} more"), rest)
        if more
        else None,
        _pictures(pictures, colors),
    )


def _split_section(findings: DatasetFindings) -> Markup:
    defined = "As the dataset defines them."
    made = "The dataset defines no splits; a conversion would make these."
    return element(
        "section",
        element("h2", "Splits", id="splits"),
        element("p", defined if findings.are_splits_defined else made, class_="quiet"),
        split_table(findings.statistics),
    )


def _class_section(findings: DatasetFindings, colors: Mapping[str, str]) -> Markup:
    if not findings.statistics.class_names:
        content: Child = element("p", "There are no objects, so there are no classes.")
    else:
        content = [
            split_legend(findings.statistics),
            class_table(findings.statistics, colors, findings.classes_without_objects),
            _samples(findings, colors),
        ]
    return element("section", element("h2", "Classes", id="classes"), content)


def _samples(findings: DatasetFindings, colors: Mapping[str, str]) -> Child:
    """A strip of objects for each class."""
    strips = [
        element(
            "div",
            element("h4", swatch(colors[name]), element("bdi", shown_name(name))),
            element("div", [sample_image(one, name) for one in images], class_="strip"),
        )
        for name, images in findings.class_samples.items()
        if images
    ]
    words = "Each from another image, chosen by a hash: a wrong label is easily seen here."
    return [
        element("h3", "Some objects of each class"),
        element("p", words, class_="quiet"),
        element("div", strips, class_="strips"),
    ]


def _contact_sheet(findings: DatasetFindings, colors: Mapping[str, str]) -> Markup:
    sheets = [
        [
            element("h3", element("bdi", shown_name(split))),
            _pictures(images, colors),
        ]
        for split, images in findings.contact_sheet.items()
        if images
    ]
    words = (
        "Chosen by a hash of their names, not by their looks; every class of every split where "
        "there is room. Images are as they were annotated."
    )
    return element(
        "section",
        element("h2", "Images", id="images"),
        element("p", words if sheets else "There is no usable image.", class_="quiet"),
        sheets,
    )


def _pictures(images: Sequence[ShownImage], colors: Mapping[str, str]) -> Child:
    if not images:
        return None
    return element(
        "div",
        [picture_figure(one, colors) for one in images],
        class_="pictures",
    )


def _badge(group: ProblemGroup) -> Markup:
    severity = group.kind.severity
    return element("span", severity, class_=f"badge {severity}")
