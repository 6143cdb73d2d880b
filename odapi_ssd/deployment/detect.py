"""Detection on image files: runs an exported model, draws its detections and lists them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from odapi_ssd.atomic_output import staging_folder
from odapi_ssd.data.label_map import read_items
from odapi_ssd.deployment import results
from odapi_ssd.deployment.detections import output_to_detections
from odapi_ssd.deployment.image_files import load_image
from odapi_ssd.deployment.runners.saved_model import SavedModelRunner
from odapi_ssd.deployment.visualization import draw_detections
from odapi_ssd.errors import OdapiError
from odapi_ssd.progress import SILENT, Progress

__all__ = ["DetectionResult", "detect_images"]


@dataclass(frozen=True)
class DetectionResult:
    """The output of `detect_images`.

    Attributes:
        json_path: of `detections.json`.
        num_detections: in all images.
    """

    json_path: Path
    num_detections: int


def detect_images(
    saved_model_dir: Path,
    label_map_path: Path,
    output_dir: Path,
    images: Sequence[Path],
    *,
    min_score: float = 0.5,
    progress: Progress = SILENT,
) -> DetectionResult:
    """Writes a drawn image per input and `detections.json` into a folder, when all are done.

    The drawn images of an earlier call are replaced; any other file stays, and a drawn image that
    would have its name gets another. After Ctrl-C the images that are done are written.

    Args:
        saved_model_dir: the folder `saved_model/` of an export.
        label_map_path: the label map that the model was trained with.
        output_dir: made if it is missing.
        images: files.
        min_score: detections with a lower score are neither drawn nor written.
        progress: advances by each image that is done.
    Raises:
        OdapiError: the model or the label map cannot be read, or some images cannot; the others'
            results are written all the same.
    """
    progress.advance(0, len(images))
    class_names = {item.class_id: item.display_name for item in read_items(label_map_path)}
    runner = SavedModelRunner(saved_model_dir)
    earlier = results.earlier_drawings(output_dir)
    names = results.choose_names(images, output_dir, earlier)
    entries: list[dict[str, Any]] = []
    unreadable: list[str] = []
    with staging_folder(output_dir) as staging:
        try:
            for path, name, image in _load_images(images, names, unreadable):
                output = runner(np.asarray(image))
                image_hw = (image.height, image.width)
                detections = output_to_detections(output, image_hw, class_names, min_score)
                draw_detections(image, detections)
                image.save(staging / name, quality=95)
                entries.append(results.make_entry(path, name, detections))
                progress.advance(len(entries), len(images))
        finally:
            if entries:
                results.publish_results(staging, output_dir, entries, earlier)
        if not entries:
            raise OdapiError("None of the images can be read:", details=unreadable)
    if unreadable:
        raise OdapiError(
            f"{len(unreadable)} of {len(images)} images cannot be read; the others are done:",
            details=unreadable,
        )
    num_detections = sum(len(entry["detections"]) for entry in entries)
    return DetectionResult(output_dir / results.JSON_NAME, num_detections)


def _load_images(
    paths: Sequence[Path], names: Sequence[str], unreadable: list[str]
) -> Iterator[tuple[Path, str, Any]]:
    """Decodes images one after the other; those that cannot be read are added to `unreadable`."""
    for path, name in zip(paths, names, strict=True):
        try:
            image = load_image(path)
        except OSError as error:
            unreadable.append(f"{path}: {error}")
            continue
        yield path, name, image
