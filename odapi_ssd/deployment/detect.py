"""Detection on image files: runs an exported model, draws its detections and lists them.

However the work ends, the images that are done are kept; one that fails is named, and the others go
on.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from odapi_ssd.data.label_map import read_items
from odapi_ssd.deployment.detections import Detection, ModelOutput, output_to_detections
from odapi_ssd.deployment.earlier_results import COMMAND, JSON_NAME
from odapi_ssd.deployment.image_files import load_image
from odapi_ssd.deployment.results import DetectionResults, Publication
from odapi_ssd.deployment.runners.saved_model import SavedModelRunner
from odapi_ssd.deployment.visualization import draw_detections
from odapi_ssd.errors import OdapiError
from odapi_ssd.file_errors import file_error_words
from odapi_ssd.interrupts import delayed
from odapi_ssd.messages import count_of, list_some, one_line, printable
from odapi_ssd.outputs.folder import output_folder
from odapi_ssd.progress import SILENT, Progress

__all__ = ["DetectionResult", "detect_images"]

# What TensorFlow says about its own parts in a message.
_ABOUT_GRAPH = re.compile(
    r"^Graph execution error:|Detected at node.*?(?:<stack traces unavailable>|$)"
    r"|\{\{.*?\}\}|\[Op:.*?\]|\[\[.*?\]\]"
)
_MAX_REASON = 200


@dataclass(frozen=True)
class DetectionResult:
    """The output of `detect_images`.

    Attributes:
        json_path: of `detections.json`, or of its substitute if somebody took that name meanwhile.
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
    overwrite: bool = False,
    progress: Progress = SILENT,
) -> DetectionResult:
    """Writes a drawn image per input and `detections.json` into a folder, when all are done.

    The drawn images of an earlier call are replaced; any other file stays, and a drawn image that
    would have its name gets another. If the work ends early, for whatever reason, the images that
    are done are written, and the earlier drawn images that were not drawn again stay.

    Args:
        saved_model_dir: the folder `saved_model/` of an export.
        label_map_path: the label map that the model was trained with.
        output_dir: made if it is missing.
        images: files.
        min_score: detections with a lower score are neither drawn nor written.
        overwrite: replace a `detections.json` that no earlier call wrote.
        progress: advances by each image that is done, gets warnings and what was replaced.
    Raises:
        OdapiError: such a `detections.json` is in the way; the model or the label map cannot be
            read; the disk is full; or some images failed: the others' results are written.
    """
    progress.advance(0, len(images))
    with output_folder(
        "output_dir", output_dir, COMMAND, overwrite=overwrite, warn=progress.warning
    ) as outputs:
        outputs.require_replaceable([JSON_NAME])
        class_names = {item.class_id: item.display_name for item in read_items(label_map_path)}
        detector = _Detector(SavedModelRunner(saved_model_dir), class_names, min_score)
        results = DetectionResults(outputs, images)
        failures = _detect_all(images, detector, results, progress)
        if results.num_images + len(failures) < len(images):
            raise OdapiError(
                f"The disk is full: {_share(results, images)}.",
                details=failures,
                hint="make room, and give the images that are left with another --output_dir.",
            )
        if failures:
            some = (
                f"{len(failures)} of {count_of(len(images), 'image')} failed; the others are done:"
            )
            problem = some if results.num_images else "None of the images could be processed:"
            raise OdapiError(problem, details=failures)
    return DetectionResult(results.json_path, results.num_detections)


@dataclass(frozen=True)
class _Detector:
    """A model, with the names of its classes and the least score that counts."""

    runner: Callable[[np.ndarray], ModelOutput]
    class_names: Mapping[int, str]
    min_score: float

    def draw(self, image: Any) -> list[Detection]:
        """Draws the detections in an RGB Pillow image, and returns them."""
        output = self.runner(np.asarray(image))
        image_hw = (image.height, image.width)
        detections = output_to_detections(output, image_hw, self.class_names, self.min_score)
        draw_detections(image, detections)
        return detections


def _detect_all(
    images: Sequence[Path], detector: _Detector, results: DetectionResults, progress: Progress
) -> list[str]:
    """Detects in one image after the other; publishes what is done, however that ends.

    Returns:
        A line for each image that failed.
    """
    failures: list[str] = []
    end = _End(images, results, failures, progress)
    try:
        try:
            for path in images:
                failure = _detect_one(path, detector, results, progress)
                if failure is not None:
                    failures.append(f"{printable(path)}: {failure}")
                    continue
                progress.advance(results.num_images, len(images))
        finally:
            end.come()
    finally:
        # A signal can end the first attempt before it has begun, but not this one: the work is
        # ending then.
        end.come()
    return failures


def _detect_one(
    path: Path, detector: _Detector, results: DetectionResults, progress: Progress
) -> str | None:
    """Adds an image to the results; returns why it failed, if it did."""
    try:
        image = load_image(path, progress.warning)
        drawing = results.encode(path, image, detector.draw(image))
    except OdapiError:  # the model is not one for images
        raise
    except Exception as error:  # whatever Pillow and TensorFlow raise on one image
        return _reason(error)
    results.add(drawing)
    return None


@dataclass
class _End:
    """The end of the work, which comes once: the results are published, and it is said how."""

    images: Sequence[Path]
    results: DetectionResults
    failures: Sequence[str]
    progress: Progress
    has_come: bool = False

    def come(self) -> None:
        with delayed():
            if self.has_come:
                return
            self.has_come = True
            self._tell(self.results.publish(is_complete=self._is_complete()))
            if self.results.num_images and not self._is_complete():
                self.progress.warning(f"{_share(self.results, self.images)}.")

    def _is_complete(self) -> bool:
        return self.results.num_images + len(self.failures) == len(self.images)

    def _tell(self, done: Publication) -> None:
        earlier = "of an earlier detect"
        if done.num_replaced:
            drawn = count_of(done.num_replaced, "drawn image")
            self.progress.phase(f"Replaced the {drawn} {earlier}.")
        if done.num_kept:
            stay = count_of(done.num_kept, "drawn image")
            self.progress.warning(f"Not drawn again, so kept: {stay} {earlier}.")
        if done.renamed:
            pairs = (f"{printable(old)} ({printable(new)})" for old, new in done.renamed.items())
            self.progress.warning(
                "Saved or edited by others in the meantime, so left alone; the names of the "
                f"results are in brackets: {list_some(pairs)}."
            )


def _share(results: DetectionResults, images: Sequence[Path]) -> str:
    num_all = count_of(len(images), "image")
    return f"{results.num_images} of {num_all} are done, and in {printable(results.folder)}"


def _reason(error: Exception) -> str:
    """Why an image failed, in one line and without the names of TensorFlow's graph."""
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return "too large for this machine: there is not enough memory"
    words = file_error_words(error)
    if words is not None:
        return printable(words)
    about = _ABOUT_GRAPH.sub("", one_line(error)) or type(error).__name__
    return printable(f"the model failed on it: {' '.join(about.split())}"[:_MAX_REASON])
