"""All that an inspection has found, as the page and `report.json` show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from odapi_ssd.inspection.dataset.pictures import Picture
from odapi_ssd.inspection.dataset.problems import ProblemGroup
from odapi_ssd.inspection.dataset.statistics import DatasetStatistics

if TYPE_CHECKING:
    from odapi_ssd.inspection.dataset.template_anchors import TemplateMatches

__all__ = ["DatasetFindings", "ShownImage"]


@dataclass(frozen=True)
class ShownImage:
    """An image on the page.

    Attributes:
        key: of the image.
        caption: a line about it; may be empty.
        picture: the picture.
    """

    key: str
    caption: str
    picture: Picture


@dataclass(frozen=True)
class DatasetFindings:
    """The findings about one dataset.

    Attributes:
        title: the folder's name.
        are_splits_defined: whether the dataset defines its splits; else they are as a conversion
            would make them.
        statistics: figures.
        problems: by kind, the gravest first.
        problem_pictures: some images for each kind of problem, by its name.
        class_samples: pictures of some objects of each class, the most frequent class first.
        contact_sheet: images by split.
        matches: with a template's anchors; None without a template.
        classes_without_objects: those that the dataset declares and no box is of.
    """

    title: str
    are_splits_defined: bool
    statistics: DatasetStatistics
    problems: Sequence[ProblemGroup]
    problem_pictures: Mapping[str, Sequence[ShownImage]]
    class_samples: Mapping[str, Sequence[ShownImage]]
    contact_sheet: Mapping[str, Sequence[ShownImage]]
    matches: "TemplateMatches | None"
    classes_without_objects: Sequence[str] = ()

    @property
    def class_names(self) -> list[str]:
        """All classes, those without objects last."""
        return [*self.statistics.class_names, *self.classes_without_objects]

    def num_problems(self, severity: str) -> int:
        """How many problems of a severity there are."""
        return sum(group.num for group in self.problems if group.kind.severity == severity)
