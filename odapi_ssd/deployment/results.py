"""Results of `odapi-ssd detect` in their folder: drawn images and `detections.json`."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from odapi_ssd.atomic_output import publish, write_text
from odapi_ssd.deployment.detections import Detection

__all__ = ["JSON_NAME", "choose_names", "earlier_drawings", "make_entry", "publish_results"]

JSON_NAME = "detections.json"
_DRAWING = "picture"  # the key of a drawn image's name in detections.json


def make_entry(image_path: Path, drawing: str, detections: Sequence[Detection]) -> dict[str, Any]:
    """The entry of one image in `detections.json`.

    Args:
        image_path: the file that was read.
        drawing: name of the drawn image in the output folder.
        detections: of this image.
    """
    return {
        "image": str(image_path),
        _DRAWING: drawing,
        "detections": [dict(vars(one)) for one in detections],
    }


def publish_results(
    staging: Path, output_dir: Path, entries: Sequence[dict[str, Any]], earlier: set[Path]
) -> None:
    """Moves drawn images with their `detections.json` into the output folder, all or nothing.

    Args:
        staging: the folder with the drawn images; those without an entry are removed, as Ctrl-C
            may have left them incomplete.
        output_dir: where they go.
        entries: made by `make_entry`.
        earlier: drawn images of an earlier call, which go away with this.
    Raises:
        OdapiError: the files cannot be written.
    """
    done = {entry[_DRAWING] for entry in entries}
    for path in list(staging.iterdir()):
        if path.name not in done:
            path.unlink()
    write_text(
        staging / JSON_NAME,
        json.dumps(entries, indent=2, ensure_ascii=False, allow_nan=False) + "\n",
    )
    publish(staging, output_dir, stale_names=[path.name for path in earlier])


def earlier_drawings(output_dir: Path) -> set[Path]:
    """The images that an earlier call has drawn there, as its `detections.json` lists them."""
    try:
        entries = json.loads((output_dir / JSON_NAME).read_text(encoding="utf-8"))
        names = [entry[_DRAWING] for entry in entries]
    except (OSError, ValueError, TypeError, KeyError):
        return set()
    return {output_dir.resolve() / Path(str(name)).name for name in names}


def choose_names(images: Sequence[Path], output_dir: Path, earlier: set[Path]) -> list[str]:
    """A name for each drawn image: that of its input, unless it is taken.

    Args:
        images: the files that are read.
        output_dir: where the drawn images go.
        earlier: drawn images of an earlier call, which may be replaced; no other file may.
    """
    folder = output_dir.resolve()
    files = [path.name for path in output_dir.iterdir()] if output_dir.is_dir() else []
    # Names that differ in letter case alone are one file on some file systems.
    taken = {name.lower() for name in files if folder / name not in earlier}
    taken |= {path.name.lower() for path in images if path.parent.resolve() == folder}
    names = []
    for path in images:
        name = next(name for name in _candidates(path) if name.lower() not in taken)
        taken.add(name.lower())
        names.append(name)
    return names


def _candidates(path: Path) -> Iterator[str]:
    """Names for a drawn image, which is a JPEG or PNG: the input's, then numbered ones."""
    suffix = path.suffix.lower() if path.suffix.lower() in (".jpg", ".jpeg", ".png") else ".png"
    yield path.stem + suffix
    number = 2
    while True:
        yield f"{path.stem}_{number}{suffix}"
        number += 1
