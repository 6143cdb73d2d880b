"""Detections of an exported SavedModel on image files, as pictures and as data."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from odapi_ssd.atomic_output import publish, staging_folder, write_text
from odapi_ssd.data.images import IMAGE_FORMATS, IMAGE_SUFFIXES
from odapi_ssd.data.label_map import read_items
from odapi_ssd.deployment.visualization import draw_boxes
from odapi_ssd.errors import OdapiError
from odapi_ssd.progress import SILENT, Progress

__all__ = ["Detection", "DetectionResult", "Detector", "detect_images", "find_images"]

_JSON_NAME = "detections.json"
_EXPORT_HINT = "export it with --input_type image_tensor."
_OUTPUTS = ("detection_boxes", "detection_scores", "detection_classes", "num_detections")


@dataclass(frozen=True)
class Detection:
    """One detected object.

    Attributes:
        class_id: as in the label map, from 1.
        class_name: from the label map; `class <id>` if it does not have the id.
        score: in 0..1.
        box_yxyx_px: ymin, xmin, ymax, xmax in pixels of the image as it is shown (EXIF
            orientation applied), from its top left corner.
    """

    class_id: int
    class_name: str
    score: float
    box_yxyx_px: tuple[float, float, float, float]


@dataclass(frozen=True)
class DetectionResult:
    """What `detect_images` wrote.

    Attributes:
        json_path: of `detections.json`.
        num_detections: in all images.
    """

    json_path: Path
    num_detections: int


class Detector:
    """A SavedModel that the API's exporter wrote, with plain TensorFlow."""

    def __init__(self, saved_model_dir: Path, class_names: Mapping[int, str]):
        from odapi_ssd.compat import import_tensorflow

        self._tf = import_tensorflow()
        self._class_names = class_names
        # The signature's weights belong to the loaded object: it must live as long.
        self._model = self._load(saved_model_dir)
        self._detect = self._model.signatures["serving_default"]
        inputs = list(self._detect.structured_input_signature[1].values())
        if len(inputs) != 1:
            names = ", ".join(spec.name for spec in inputs)
            raise OdapiError(
                f"The SavedModel {saved_model_dir} takes more than a picture: {names}.",
                hint=_EXPORT_HINT,
            )
        self._input = inputs[0]

    def _load(self, saved_model_dir: Path) -> Any:
        hint = "give the folder saved_model/ inside what `odapi-ssd export` wrote."
        if not (saved_model_dir / "saved_model.pb").is_file():
            raise OdapiError(
                f"{saved_model_dir} is no SavedModel (it has no saved_model.pb).", hint=hint
            )
        try:
            model = self._tf.saved_model.load(str(saved_model_dir))
        except Exception as error:  # whatever TensorFlow raises on damaged files
            raise OdapiError(
                f"The SavedModel {saved_model_dir} cannot be loaded: {error}", hint=hint
            ) from error
        signature = getattr(model, "signatures", {}).get("serving_default")
        outputs = signature.structured_outputs if signature else {}
        missing = [name for name in _OUTPUTS if name not in outputs]
        if missing:
            raise OdapiError(
                f"The SavedModel {saved_model_dir} is no detector: its signature "
                f"serving_default does not give {', '.join(missing)}.",
                hint=hint,
            )
        return model

    def __call__(self, image_rgb: np.ndarray, min_score: float = 0.0) -> list[Detection]:
        """Detects objects in one image.

        Args:
            image_rgb: uint8 [H, W, 3].
            min_score: detections below it are left out.
        Returns:
            Detections, the highest score first.
        Raises:
            OdapiError: the model was exported for another kind of input.
        """
        outputs = self._call(image_rgb)
        count = int(outputs["num_detections"][0])
        boxes_yxyx = outputs["detection_boxes"][0, :count].numpy()
        scores = outputs["detection_scores"][0, :count].numpy()
        class_ids = outputs["detection_classes"][0, :count].numpy().astype(int)
        height, width = image_rgb.shape[:2]
        boxes_yxyx_px = boxes_yxyx.astype(float) * [height, width, height, width]
        order = [i for i in np.argsort(-scores, kind="stable") if scores[i] >= min_score]
        return [
            Detection(
                class_id=int(class_ids[i]),
                class_name=self._class_names.get(int(class_ids[i]), f"class {class_ids[i]}"),
                score=float(scores[i]),
                box_yxyx_px=_as_box(boxes_yxyx_px[i]),
            )
            for i in order
        ]

    def _call(self, image_rgb: np.ndarray) -> Any:
        if self._input.dtype != self._tf.string:
            image = self._tf.cast(image_rgb[None], self._input.dtype)
            return self._detect(**{self._input.name: image})
        try:
            # An encoded image, or else a serialized tf.Example, which looks the same from outside.
            image = self._tf.io.encode_png(image_rgb)[None]
            return self._detect(**{self._input.name: image})
        except (self._tf.errors.InvalidArgumentError, UnicodeDecodeError) as error:
            raise OdapiError("The SavedModel does not take pictures.", hint=_EXPORT_HINT) from error


def _as_box(box_yxyx_px: np.ndarray) -> tuple[float, float, float, float]:
    ymin, xmin, ymax, xmax = (round(float(value), 2) for value in box_yxyx_px)
    return ymin, xmin, ymax, xmax


def find_images(paths: Sequence[Path], output_dir: Path | None = None) -> list[Path]:
    """The image files that a user means by files and folders; folders are searched in depth.

    Args:
        paths: files, whatever their names, and folders.
        output_dir: where the pictures will go; those that are there from an earlier call are
            found only if named themselves.
    Returns:
        Files in order, each once; hidden ones of a folder are left out.
    Raises:
        OdapiError: a path does not exist, or there is no image at all.
    """
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise OdapiError("These images do not exist:", details=missing)
    pictures = set() if output_dir is None else _earlier_pictures(output_dir)
    images: list[Path] = []
    for path in paths:
        images += _images_below(path, pictures) if path.is_dir() else [path]
    if not images:
        raise OdapiError(
            f"There is no image in {', '.join(map(str, paths))}, apart from pictures that "
            "an earlier detect has drawn.",
            hint=f"images end in {', '.join(sorted(IMAGE_SUFFIXES))}.",
        )
    return list(dict.fromkeys(images))


def _images_below(folder: Path, pictures: set[Path]) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if is_hidden or path.suffix.lower() not in IMAGE_SUFFIXES or not path.is_file():
            continue
        if path.parent.resolve() / path.name not in pictures:
            yield path


def _earlier_pictures(output_dir: Path) -> set[Path]:
    """What an earlier call has drawn there, as its `detections.json` says."""
    try:
        entries = json.loads((output_dir / _JSON_NAME).read_text(encoding="utf-8"))
        names = [entry["picture"] for entry in entries]
    except (OSError, ValueError, TypeError, KeyError):
        return set()
    return {output_dir.resolve() / Path(str(name)).name for name in names}


def detect_images(
    saved_model_dir: Path,
    label_map_path: Path,
    output_dir: Path,
    images: Sequence[Path],
    *,
    min_score: float = 0.5,
    progress: Progress = SILENT,
) -> DetectionResult:
    """Writes a picture per image and `detections.json` into a folder, when all are done.

    What an earlier call has written there is replaced; any other file stays, and a picture of its
    name gets another. After Ctrl-C the images that are done are written.

    Args:
        saved_model_dir: what the exporter wrote as `saved_model/`.
        label_map_path: the label map that the model was trained with.
        output_dir: made if it is missing.
        images: files.
        min_score: detections below it are neither drawn nor written.
        progress: advances by each image that is done.
    Raises:
        OdapiError: the model or the label map cannot be read, or some images cannot; what the
            others gave is written all the same.
    """
    progress.advance(0, len(images))
    names = {item.class_id: item.display_name for item in read_items(label_map_path)}
    detector = Detector(saved_model_dir, names)
    earlier = _earlier_pictures(output_dir)
    picture_names = _picture_names(images, output_dir, earlier)
    entries: list[dict[str, Any]] = []
    faults: list[str] = []
    with staging_folder(output_dir) as staging:
        try:
            for path, name in zip(images, picture_names, strict=True):
                try:
                    image = _read_image(path)
                except OSError as error:
                    faults.append(f"{path}: {error}")
                    continue
                detections = detector(np.asarray(image), min_score)
                _draw(image, detections)
                image.save(staging / name, quality=95)
                found = list(map(vars, detections))
                entries.append({"image": str(path), "picture": name, "detections": found})
                progress.advance(len(entries), len(images))
        finally:
            if entries:
                _publish(staging, output_dir, entries, earlier)
        if not entries:
            raise OdapiError("None of the images can be read:", details=faults)
    if faults:
        raise OdapiError(
            f"{len(faults)} of {len(images)} images cannot be read; the others are done:",
            details=faults,
        )
    num_detections = sum(len(entry["detections"]) for entry in entries)
    return DetectionResult(output_dir / _JSON_NAME, num_detections)


def _publish(
    staging: Path, output_dir: Path, entries: Sequence[dict[str, Any]], earlier: set[Path]
) -> None:
    done = {entry["picture"] for entry in entries}
    for path in list(staging.iterdir()):
        if path.name not in done:  # was being written when Ctrl-C came
            path.unlink()
    write_text(staging / _JSON_NAME, json.dumps(entries, indent=2, ensure_ascii=False) + "\n")
    publish(staging, output_dir, stale_names=[path.name for path in earlier])


def _draw(image: Any, detections: Sequence[Detection]) -> None:
    draw_boxes(
        image,
        [found.box_yxyx_px for found in detections],
        [f"{found.class_name} {found.score:.0%}" for found in detections],
        [found.class_id for found in detections],
    )


def _read_image(path: Path) -> Any:
    """An RGB image, upright.

    Raises:
        OSError: it cannot be read; PIL's own errors are of this kind or turned into it.
    """
    from PIL import Image, ImageOps

    try:
        # Named formats only: Pillow hands some others to programs such as Ghostscript.
        with Image.open(path, formats=IMAGE_FORMATS) as image:
            upright = ImageOps.exif_transpose(image)
            if upright.mode.startswith("I;16"):
                # The high byte, as TensorFlow decodes 16-bit pictures; Pillow would clip them.
                upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
            return upright.convert("RGB")
    except (ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise OSError(str(error)) from error


def _picture_names(images: Sequence[Path], output_dir: Path, earlier: set[Path]) -> list[str]:
    """A name for each picture: its own, and not that of a file that we have not written."""
    folder = output_dir.resolve()
    # Names that differ in letter case alone are one file on some file systems.
    files = (path.name for path in _files_in(output_dir))
    taken = {name.lower() for name in files if folder / name not in earlier}
    taken |= {path.name.lower() for path in images if path.parent.resolve() == folder}
    names = []
    for path in images:
        name = next(name for name in _names(path) if name.lower() not in taken)
        taken.add(name.lower())
        names.append(name)
    return names


def _files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _names(path: Path) -> Iterator[str]:
    suffix = path.suffix.lower() if path.suffix.lower() in (".jpg", ".jpeg", ".png") else ".png"
    yield path.stem + suffix
    number = 2
    while True:
        yield f"{path.stem}_{number}{suffix}"
        number += 1
