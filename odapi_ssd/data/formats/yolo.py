"""The YOLO format: one text file of normalized boxes or polygons per image, and `data.yaml`.

An image without labels is one without objects. An image's key is its path from the dataset's
folder. `yolo_config` reads what the dataset says about itself, `yolo_layout` finds the files,
`yolo_rows` parses one.

Sources: https://docs.ultralytics.com/datasets/, https://github.com/AlexeyAB/darknet. The numbers
are shares of the image as it is shown, with its EXIF orientation applied, as Ultralytics has it.
"""

import itertools
from pathlib import Path

from odapi_ssd.data.annotations import Annotation
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.formats.collecting import DatasetCollector
from odapi_ssd.data.formats.registry import AnnotationFormat
from odapi_ssd.data.formats.yolo_config import YoloConfig, find_yaml, read_config
from odapi_ssd.data.formats.yolo_layout import LabelFiles, SplitResolver, has_labels, record_names
from odapi_ssd.data.formats.yolo_rows import parse_rows
from odapi_ssd.data.image_index import ImageIndex
from odapi_ssd.data.split_folders import splits_by_folder
from odapi_ssd.data.text_files import read_text
from odapi_ssd.data.upright_size import read_upright_hw
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of

__all__ = ["FORMAT", "read", "recognize"]


def recognize(data_dir: Path) -> bool:
    """Whether a folder has a YAML file with class names, or labels and mostly a list of classes."""
    return find_yaml(data_dir) is not None or has_labels(data_dir)


def read(data_dir: Path) -> Dataset:
    """Reads the labels of all images of a folder, and the size of each image.

    Raises:
        OdapiError: no class names, a faulty YAML file, or no image.
    """
    config = read_config(data_dir)
    index, labels = ImageIndex(data_dir), LabelFiles(data_dir)
    reader = _Reader(data_dir, config, index, labels)
    reader.read_images()
    reader.read_splits()
    declared = {name: number + 1 for number, name in config.class_names.items()}
    return reader.collector.dataset(declared)


class _Reader:
    """Reads one dataset into its collector."""

    def __init__(self, data_dir: Path, config: YoloConfig, index: ImageIndex, labels: LabelFiles):
        self.collector = DatasetCollector(data_dir, index)
        self._config, self._index, self._labels = config, index, labels
        self._paths = {index.name_of(path): path for path in index.image_paths()}
        self._names = record_names(self._paths, {*config.splits, *config.others})
        self._num_unlabelled = self._num_with_keypoints = 0
        if not self._paths:
            raise OdapiError(f"No image in {data_dir} or its subfolders, expected those of YOLO.")

    def read_images(self) -> None:
        """Reads all images, then the labels that are of none."""
        used = set()
        for key in sorted(self._paths):
            label_name = self._labels.find(key)
            if label_name is not None:
                used.add(label_name)
            self._read_image(key, label_name)
        for name in self._labels.unused(used):
            image_name = f"{name.removesuffix('.txt')}.jpg or the like"
            self.collector.add_missing(
                name, Annotation(name, None, ()), f"has no image, expected {image_name}"
            )
        self._warn()

    def _read_image(self, key: str, label_name: str | None) -> None:
        source = label_name or key
        try:
            image_hw = read_upright_hw(self._paths[key])
        except OdapiError as error:
            self.collector.add_faults(key, [f"{source}: image {error.problem}"])
            return
        text = ""
        if label_name is None:
            self._num_unlabelled += 1
        else:
            try:
                text = read_text(self._labels.paths[label_name], label_name)
            except OdapiError as error:
                self.collector.add_faults(key, [error.problem])
                return
        rows = parse_rows(text, source, self._config, image_hw)
        self._num_with_keypoints += rows.num_with_keypoints
        if rows.faults:
            self.collector.add_faults(key, rows.faults)
            return
        annotation = Annotation(source, image_hw, rows.objects, is_upright=True)
        self.collector.add(key, self._paths[key], annotation, self._names[key])

    def read_splits(self) -> None:
        """Takes the splits that the dataset names, else those of its folders."""
        collector = self.collector
        resolver = SplitResolver(self._config, self._index, self._labels)
        splits = resolver.resolve()
        if not splits:
            by_folder = splits_by_folder({key: [key] for key in self._paths})
            collector.splits.update({name: list(entries) for name, entries in by_folder.items()})
            return
        collector.splits.update({name: list(entries) for name, entries in splits.items()})
        listed = {entry.key for entry in itertools.chain.from_iterable(splits.values())}
        # Roboflow names folders of splits that it does not export.
        is_complete = listed >= self._paths.keys()
        for split, line in resolver.unresolved.items():
            if is_complete or split == "test":
                collector.warnings.append(f"{line}; the split is empty.")
            else:
                collector.split_faults.append(f"{line}, expected a folder or a list of images")

    def _warn(self) -> None:
        warnings = self.collector.warnings
        if self._num_unlabelled:
            text = count_of(
                self._num_unlabelled,
                "image has no label file and counts as one without objects.",
                "images have no label file and count as images without objects.",
            )
            warnings.append(text)
        if self._num_with_keypoints:
            what = count_of(self._num_with_keypoints, "object has", "objects have")
            warnings.append(f"{what} keypoints, of which the boxes alone are taken.")


FORMAT = AnnotationFormat(
    name="yolo",
    layouts=(
        "data.yaml with images/train/ and labels/train/*.txt",
        "data.yaml with train/images/ and train/labels/*.txt, as Roboflow exports it",
        "classes.txt or obj.names with images and *.txt side by side, or in images/ and labels/",
    ),
    recognize=recognize,
    read=read,
)
