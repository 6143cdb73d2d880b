"""`dataset.json`: a conversion's results, for people and for the commands that follow."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from odapi_ssd.data.box_findings import BoxFinding
from odapi_ssd.data.examples import ExampleFacts
from odapi_ssd.data.json_values import JsonObject, WrongJsonError, read_json
from odapi_ssd.errors import OdapiError

__all__ = [
    "DATASET_FILE",
    "LABEL_MAP_FILE",
    "DatasetSummary",
    "SplitBoxFinding",
    "SplitCounter",
    "SplitSummary",
]

DATASET_FILE = "dataset.json"
LABEL_MAP_FILE = "label_map.pbtxt"


@dataclass(frozen=True)
class SplitSummary:
    """Counts of one split.

    Attributes:
        num_examples: images, those without objects included.
        num_objects: boxes in the records.
        num_shards: files.
        num_objects_per_class: boxes by class name, every class of the label map.
        max_objects_per_image: the most boxes that one image has.
        max_image_hw: the greatest height and the greatest width, in pixels.
    """

    num_examples: int
    num_objects: int
    num_shards: int
    num_objects_per_class: Mapping[str, int] = field(default_factory=dict)
    max_objects_per_image: int = 0
    max_image_hw: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class SplitBoxFinding(BoxFinding):
    """A box that was dropped or clipped, and its split."""

    split: str


@dataclass(frozen=True)
class DatasetSummary:
    """The content of `dataset.json`.

    Attributes:
        label_map: ids by class name, in the order of ids.
        splits: by name, in the order written.
        dropped: boxes that are not in the records, as they have zero area.
        clipped: boxes that are, clipped to the image.
        warnings: one line each.
        num_skipped: files that were left out for faults, listed in `skipped.json`.
        fixed: boxes whose corners were swapped and have been put right.
        checks: how many there are, by kind, of what can be used but is hardly meant.
    """

    label_map: Mapping[str, int]
    splits: Mapping[str, SplitSummary]
    dropped: tuple[SplitBoxFinding, ...] = ()
    clipped: tuple[SplitBoxFinding, ...] = ()
    warnings: tuple[str, ...] = ()
    num_skipped: int = 0
    fixed: tuple[SplitBoxFinding, ...] = ()
    checks: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def load(cls, records_dir: Path) -> "DatasetSummary":
        """Reads the `dataset.json` of a folder of records.

        Raises:
            OdapiError: it is not there, or is not the summary of a conversion.
        """
        path = Path(records_dir) / DATASET_FILE
        hint = "convert the dataset: odapi-ssd convert --data_dir D --output_dir " + str(
            records_dir
        )
        try:
            return cls._from_json(read_json(path))
        except FileNotFoundError as error:
            raise OdapiError(
                f"{path} does not exist, expected converted data.", hint=hint
            ) from error
        except OSError as error:
            raise OdapiError(f"{path} cannot be read: {error.strerror}") from error
        except WrongJsonError as error:
            raise OdapiError(
                f"{path} is not the summary of a conversion: {error}.", hint=hint
            ) from error

    def save(self, records_dir: Path) -> None:
        """Writes `dataset.json`; raises OSError where that fails."""
        text = json.dumps(asdict(self), indent=2, ensure_ascii=False, allow_nan=False)
        (records_dir / DATASET_FILE).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def _from_json(cls, root: JsonObject) -> "DatasetSummary":
        splits = root.object("splits")
        return cls(
            label_map=_read_integers(root.object("label_map")),
            splits={name: _read_split(splits.object(name)) for name in splits},
            dropped=tuple(map(_read_finding, root.objects("dropped"))),
            clipped=tuple(map(_read_finding, root.objects("clipped", ()))),
            warnings=tuple(map(str, root.items("warnings", ()))),
            num_skipped=root.integer("num_skipped", 0),
            fixed=tuple(map(_read_finding, root.objects("fixed", ()))),
            checks=_read_integers(root.object("checks", {})),
        )


class SplitCounter:
    """Counts a split's examples as they are written."""

    def __init__(self, label_map: Mapping[str, int]):
        self._per_class = dict.fromkeys(label_map, 0)
        self._num_examples = 0
        self._max_objects = 0
        self._max_hw = (0, 0)

    def add(self, example: ExampleFacts) -> None:
        """Counts one example."""
        self._num_examples += 1
        for name in example.class_names:
            self._per_class[name] += 1
        self._max_objects = max(self._max_objects, len(example.class_names))
        height, width = example.image_hw
        self._max_hw = (max(self._max_hw[0], height), max(self._max_hw[1], width))

    def summarize(self, num_shards: int) -> SplitSummary:
        """The counts so far, and the number of files that they are in."""
        return SplitSummary(
            num_examples=self._num_examples,
            num_objects=sum(self._per_class.values()),
            num_shards=num_shards,
            num_objects_per_class=dict(self._per_class),
            max_objects_per_image=self._max_objects,
            max_image_hw=self._max_hw,
        )


def _read_integers(values: JsonObject) -> dict[str, int]:
    return {name: values.integer(name) for name in values}


def _read_split(values: JsonObject) -> SplitSummary:
    return SplitSummary(
        num_examples=values.integer("num_examples"),
        num_objects=values.integer("num_objects"),
        num_shards=values.integer("num_shards"),
        num_objects_per_class=_read_integers(values.object("num_objects_per_class", {})),
        max_objects_per_image=values.integer("max_objects_per_image", 0),
        max_image_hw=_read_size(values),
    )


def _read_size(values: JsonObject) -> tuple[int, int]:
    size = values.items("max_image_hw", (0, 0))
    if len(size) != 2 or not all(type(side) is int for side in size):
        raise WrongJsonError(f"{values.where}.max_image_hw is not [height, width]")
    return size[0], size[1]


def _read_finding(values: JsonObject) -> SplitBoxFinding:
    return SplitBoxFinding(
        file=values.text("file"),
        object=values.integer("object"),
        name=values.text("name", ""),
        reason=values.text("reason"),
        split=values.text("split", ""),
    )
