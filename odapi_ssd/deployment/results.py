"""Results of `odapi-ssd detect` in their folder: drawn images and `detections.json`."""

import errno
import io
import itertools
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from odapi_ssd.deployment.detections import Detection
from odapi_ssd.deployment.drawing_names import choose_names, free_name, taken_names
from odapi_ssd.deployment.earlier_results import JSON_NAME, EarlierResults
from odapi_ssd.errors import OdapiError
from odapi_ssd.file_errors import file_error_words
from odapi_ssd.interrupts import delayed
from odapi_ssd.messages import printable
from odapi_ssd.outputs.folder import OutputFolder

__all__ = ["DetectionResults", "Drawing", "Publication"]

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


@dataclass(frozen=True)
class Publication:
    """What `DetectionResults.publish` did.

    Attributes:
        num_replaced: drawn images of an earlier call that were replaced or removed.
        num_kept: those that stay, as the call has not come to all images.
        renamed: new names by the ones that others had taken in the meantime.
    """

    num_replaced: int = 0
    num_kept: int = 0
    renamed: Mapping[str, str] = field(default_factory=dict)


class DetectionResults:
    """The results of one call: in the staging folder until they are published."""

    def __init__(self, outputs: OutputFolder, images: Sequence[Path]):
        """Chooses the names of the drawn images.

        Args:
            outputs: the output folder.
            images: the files that will be read; those are never replaced or removed.
        """
        self._outputs = outputs
        self._images = list(images)
        earlier = EarlierResults.load(outputs.path)
        names = choose_names(images, outputs.path, earlier.drawings)
        self._names = dict(zip(images, names, strict=True))
        self._done: list[tuple[Path, dict[str, Any]]] = []
        self._renamed: dict[str, str] = {}
        self._json_name = JSON_NAME

    @property
    def folder(self) -> Path:
        """The output folder."""
        return self._outputs.path

    @property
    def json_path(self) -> Path:
        """The list of detections; under another name than usual if that was taken meanwhile."""
        return self.folder / self._json_name

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
        self._done.append((drawing.image_path, entry))

    def publish(self, is_complete: bool) -> Publication:
        """Moves the images that are done, with `detections.json`, into the output folder.

        On a full disk the last ones give way, until there is room for the rest. What others have
        saved or edited in the folder since the call began stays; what has the same name here gets
        another one.

        Args:
            is_complete: all drawn images of an earlier call give way to these. Otherwise those that
                were not drawn again stay, with their entries.
        Raises:
            OdapiError: something is in the way, or the files cannot be moved.
            OSError: they cannot be moved for another reason.
        """
        num_to_drop = 1
        with delayed():
            while self._done:
                try:
                    return self._publish(is_complete)
                except OSError as error:
                    if error.errno not in _NO_ROOM or len(self._done) == 1:
                        raise
                    del self._done[-min(num_to_drop, len(self._done) - 1) :]
                    num_to_drop *= 2
                    is_complete = False
        return Publication()

    def _publish(self, is_complete: bool) -> Publication:
        staging = self._outputs.staging
        done = {entry["picture"] for _, entry in self._done}
        for path in list(staging.iterdir()):
            if path.name not in done:  # one that was being written at the end
                path.unlink()
        earlier = EarlierResults.load(self.folder)
        self._make_way(earlier)
        gone = self._replaced(earlier, is_complete)
        kept = [] if is_complete else [e for e in earlier.entries if e["picture"] not in gone]
        entries = [*(entry for _, entry in self._done), *kept]
        text = json.dumps(entries, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        # Surrogates, from names that are not Unicode, become JSON's escapes of them.
        (staging / self._json_name).write_text(text, encoding="utf-8", errors="backslashreplace")
        self._outputs.publish({*gone, *earlier.lists})
        num_kept = 0 if is_complete else len(earlier.drawings) - len(gone)
        return Publication(len(gone), num_kept, dict(self._renamed))

    def _make_way(self, earlier: EarlierResults) -> None:
        """Renames what would replace a file that others have put there since."""
        taken = taken_names(self._images, self.folder, earlier.drawings)
        chosen = {entry["picture"].lower() for _, entry in self._done}
        for path, entry in self._done:
            name = entry["picture"]
            if name.lower() in taken:
                entry["picture"] = self._renamed[name] = free_name(path, taken | chosen)
                chosen.add(entry["picture"].lower())
                (self._outputs.staging / name).rename(self._outputs.staging / entry["picture"])
        numbered = (f"_{number}" for number in itertools.count(2))
        names = (Path(JSON_NAME).stem + one + ".json" for one in itertools.chain([""], numbered))
        self._json_name = next(name for name in names if self._may_list(name, earlier))
        if self._json_name != JSON_NAME:
            self._renamed[JSON_NAME] = self._json_name

    def _may_list(self, name: str, earlier: EarlierResults) -> bool:
        """Whether a name is free for the list of detections."""
        path = self.folder / name
        may_replace = name in earlier.lists or (self._outputs.overwrite and not path.is_dir())
        return may_replace or not os.path.lexists(path)

    def _replaced(self, earlier: EarlierResults, is_complete: bool) -> set[str]:
        """The drawn images of an earlier call that give way; none that is an input now."""
        names = {entry["picture"] for _, entry in self._done}
        images = {entry["image"] for _, entry in self._done}
        names |= {entry["picture"] for entry in earlier.entries if entry["image"] in images}
        inputs = {Path(os.path.realpath(path)) for path in self._images}
        folder = Path(os.path.realpath(self.folder))
        return {
            name
            for name in earlier.drawings
            if (is_complete or name in names) and folder / name not in inputs
        }
