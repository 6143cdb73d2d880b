"""Results of `odapi-ssd detect` in their folder: drawn images and `detections.json`."""

import errno
import io
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odapi_ssd.deployment.detections import Detection
from odapi_ssd.errors import OdapiError
from odapi_ssd.file_errors import file_error_words
from odapi_ssd.interrupts import delayed
from odapi_ssd.messages import printable
from odapi_ssd.outputs.folder import OutputFolder
from odapi_ssd.outputs.manifest import Manifest

__all__ = [
    "COMMAND",
    "JSON_NAME",
    "DetectionResults",
    "Drawing",
    "choose_names",
    "earlier_drawings",
]

COMMAND = "detect"
JSON_NAME = "detections.json"
_MAX_NAME_BYTES = 255
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class Drawing:
    """One image's results.

    Attributes:
        image_path: the file that was read.
        name: of the drawn image in the output folder.
        encoded: the drawn image's file.
        detections: of this image.
    """

    image_path: Path
    name: str
    encoded: bytes
    detections: tuple[Detection, ...]


class DetectionResults:
    """The results of one call: in the staging folder until they are published."""

    def __init__(self, outputs: OutputFolder, images: Sequence[Path]):
        """Chooses the names of the drawn images.

        Args:
            outputs: the output folder.
            images: the files that will be read; those are never replaced or removed.
        """
        self._outputs = outputs
        inputs = {Path(os.path.realpath(path)) for path in images}
        folder = Path(os.path.realpath(outputs.path))
        earlier = earlier_drawings(outputs.path)
        self._earlier = [name for name in earlier if folder / name not in inputs]
        self._names = dict(zip(images, choose_names(images, outputs.path, earlier), strict=True))
        self._done: list[tuple[str, dict[str, Any]]] = []

    @property
    def folder(self) -> Path:
        """The output folder."""
        return self._outputs.path

    @property
    def num_images(self) -> int:
        """How many images are done."""
        return len(self._done)

    @property
    def num_detections(self) -> int:
        """How many detections there are in them."""
        return sum(len(entry["detections"]) for _, entry in self._done)

    def encode(self, image_path: Path, image: Any, detections: Sequence[Detection]) -> Drawing:
        """Encodes a drawn image in the format of its name.

        Args:
            image_path: one of `images`.
            image: PIL.Image.Image of mode RGB, drawn on.
            detections: of this image.
        Raises:
            OSError, ValueError: Pillow cannot encode it, such as a JPEG of 70,000 columns.
        """
        from PIL import Image

        name = self._names[image_path]
        # Pillow's own writing to a file hides why that failed.
        buffer = io.BytesIO()
        image.save(buffer, format=Image.registered_extensions()[Path(name).suffix], quality=95)
        return Drawing(image_path, name, buffer.getvalue(), tuple(detections))

    def add(self, drawing: Drawing) -> None:
        """Writes a drawn image, which counts as done then.

        Raises:
            OdapiError: it cannot be written.
        """
        try:
            (self._outputs.staging / drawing.name).write_bytes(drawing.encoded)
        except OSError as error:
            raise OdapiError(
                f"The drawn image {printable(drawing.name)} cannot be written to "
                f"{printable(self.folder)}: {file_error_words(error)}.",
                hint="see to that, and give the images that are left with another --output_dir.",
            ) from error
        entry = {
            "image": str(drawing.image_path),
            "picture": drawing.name,
            "detections": [dict(vars(one)) for one in drawing.detections],
        }
        self._done.append((drawing.name, entry))

    def publish(self) -> int:
        """Moves the images that are done, with `detections.json`, into the output folder.

        On a full disk the last ones give way, until there is room for the rest.

        Returns:
            How many drawn images of an earlier call were replaced by these; they stay if no image
            is done.
        Raises:
            OdapiError: something is in the way, or the files cannot be moved.
            OSError: they cannot be moved for another reason.
        """
        num_to_drop = 1
        with delayed():
            while self._done:
                try:
                    self._publish()
                except OSError as error:
                    if error.errno not in _NO_ROOM or len(self._done) == 1:
                        raise
                    del self._done[-min(num_to_drop, len(self._done) - 1) :]
                    num_to_drop *= 2
                else:
                    return len(self._earlier)
        return 0

    def _publish(self) -> None:
        staging = self._outputs.staging
        done = {name for name, _ in self._done}
        for path in list(staging.iterdir()):
            if path.name not in done:  # one that was being written at the end
                path.unlink()
        entries = [entry for _, entry in self._done]
        text = json.dumps(entries, indent=2, ensure_ascii=False, allow_nan=False)
        # Surrogates, from names that are not Unicode, become JSON's escapes of them.
        (staging / JSON_NAME).write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
        self._outputs.publish(self._earlier)


def earlier_drawings(output_dir: Path) -> list[str]:
    """The images that an earlier call has drawn in a folder, unchanged since, by its manifest."""
    names = Manifest.load(output_dir).own_names(output_dir, COMMAND)
    return [name for name in names if name != JSON_NAME]


def choose_names(images: Sequence[Path], output_dir: Path, replaceable: Sequence[str]) -> list[str]:
    """A name for each drawn image: that of its input, unless it is taken.

    Args:
        images: the files that are read.
        output_dir: where the drawn images go.
        replaceable: names of drawn images of an earlier call; no other file is replaced.
    """
    folder = os.path.realpath(output_dir)
    files = [path.name for path in output_dir.iterdir()] if output_dir.is_dir() else []
    # Names that differ in letter case alone are one file on some file systems.
    taken = {name.lower() for name in files if name not in replaceable}
    for path in images:
        # Also the file that a link leads to.
        same = (os.path.split(path), os.path.split(os.path.realpath(path)))
        taken |= {name.lower() for parent, name in same if os.path.realpath(parent) == folder}
    names = []
    for path in images:
        name = next(name for name in _candidates(path) if name.lower() not in taken)
        taken.add(name.lower())
        names.append(name)
    return names


def _candidates(path: Path) -> Iterator[str]:
    """Names for a drawn image, which is a JPEG or PNG: the input's, then numbered ones."""
    suffix = path.suffix.lower() if path.suffix.lower() in (".jpg", ".jpeg", ".png") else ".png"
    yield _shortened(path.stem, suffix)
    number = 2
    while True:
        yield _shortened(path.stem, f"_{number}{suffix}")
        number += 1


def _shortened(stem: str, ending: str) -> str:
    """A name that file systems accept: the stem is cut where it is too long with the ending."""
    while len(os.fsencode(stem + ending)) > _MAX_NAME_BYTES:
        stem = stem[:-1]
    return stem + ending
