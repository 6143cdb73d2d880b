"""A dataset as its annotations describe it: all of them parsed, each with its picture's path.

Faults are collected, so that a user learns of all of them at once. Pictures are found here, not
read.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from odapi_ssd.data.examples import ExampleSource
from odapi_ssd.data.formats.voc_xml import Annotation, read_voc_xml
from odapi_ssd.data.layout import DatasetLayout, ImageIndex, find_layout, list_annotations
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of

__all__ = ["Dataset", "read_dataset"]


@dataclass(frozen=True)
class Dataset:
    """What a folder holds.

    Attributes:
        layout: where its parts lie.
        annotations: by stem, sorted; without those that do not parse.
        stems: of all annotation files, also of those that do not parse, sorted.
        image_paths: by stem of the annotation; without those whose picture is not there.
        faults: annotations that do not parse, one line each.
        missing_images: by stem, why there is no picture, one line each.
        num_unannotated_images: pictures that no annotation stands for.
    """

    layout: DatasetLayout
    annotations: Mapping[str, Annotation]
    stems: tuple[str, ...]
    image_paths: Mapping[str, Path]
    faults: tuple[str, ...]
    missing_images: Mapping[str, str]
    num_unannotated_images: int

    def class_names(self) -> set[str]:
        """The classes of all objects."""
        return set(self.count_objects())

    def count_objects(self) -> Counter[str]:
        """How many objects each class has, by name."""
        return Counter(
            one.name for annotation in self.annotations.values() for one in annotation.objects
        )

    def source(self, stem: str) -> ExampleSource:
        """What the example of one stem is made of; KeyError if a part is missing."""
        return ExampleSource(self.annotations[stem], self.image_paths[stem])

    def check_annotations(self) -> None:
        """Raises OdapiError with all annotations that do not parse, if there are any."""
        if self.faults:
            raise OdapiError(
                f"{count_of(len(self.faults), 'fault')} in the annotations of "
                f"{self.layout.root_dir}:",
                details=self.faults,
                hint="correct or remove these files; nothing was written.",
            )


def read_dataset(data_dir: Path) -> Dataset:
    """Finds and parses all annotations of a folder, and finds their pictures.

    Raises:
        OdapiError: the folder has none of the known layouts, or no annotation.
    """
    layout = find_layout(Path(data_dir))
    paths = list_annotations(layout)
    images = ImageIndex(layout.images_dir)
    annotations: dict[str, Annotation] = {}
    image_paths: dict[str, Path] = {}
    faults: list[str] = []
    missing: dict[str, str] = {}
    for stem, path in paths.items():
        source = layout.describe(path)
        try:
            annotations[stem] = read_voc_xml(path, source)
        except OdapiError as error:
            faults += error.details or [error.problem]
            continue
        try:
            image_paths[stem] = images.find(annotations[stem].filename, stem)
        except OdapiError as error:
            missing[stem] = f"{source}: {error.problem}"
    unannotated = set(images.image_paths()) - set(image_paths.values())
    return Dataset(
        layout, annotations, tuple(paths), image_paths, tuple(faults), missing, len(unannotated)
    )
