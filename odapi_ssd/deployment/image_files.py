"""Image files that a user names for detection: finds and decodes them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from odapi_ssd.data.images import IMAGE_FORMATS, IMAGE_SUFFIXES
from odapi_ssd.deployment.results import earlier_drawings
from odapi_ssd.errors import OdapiError

__all__ = ["find_images", "load_image"]


def find_images(paths: Sequence[Path], output_dir: Path | None = None) -> list[Path]:
    """The image files that files and folders stand for; folders are searched recursively.

    Args:
        paths: files, whatever their names, and folders.
        output_dir: where drawn images will go; those of an earlier call are left out unless they
            are named themselves.
    Returns:
        Files in order, each once; hidden ones of a folder are left out.
    Raises:
        OdapiError: a path does not exist, or there is no image at all.
    """
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise OdapiError("These images do not exist:", details=missing)
    drawings = set() if output_dir is None else earlier_drawings(output_dir)
    images: list[Path] = []
    for path in paths:
        images += _images_below(path, drawings) if path.is_dir() else [path]
    if not images:
        raise OdapiError(
            f"There is no image in {', '.join(map(str, paths))}, except images that an earlier "
            "detect has drawn.",
            hint=f"images end in {', '.join(sorted(IMAGE_SUFFIXES))}.",
        )
    return list(dict.fromkeys(images))


def load_image(path: Path) -> Any:
    """Decodes an image, upright (EXIF orientation applied).

    Returns:
        A PIL.Image.Image of mode RGB.
    Raises:
        OSError: it cannot be read; Pillow's other errors are turned into it.
    """
    from PIL import Image, ImageOps

    try:
        # Named formats only: Pillow hands some others to programs such as Ghostscript.
        with Image.open(path, formats=IMAGE_FORMATS) as image:
            upright = ImageOps.exif_transpose(image)
            if upright.mode.startswith("I;16"):
                # The high byte, as TensorFlow decodes 16-bit images; Pillow would clip them.
                upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
            return upright.convert("RGB")
    except (ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise OSError(str(error)) from error


def _images_below(folder: Path, drawings: set[Path]) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if is_hidden or path.suffix.lower() not in IMAGE_SUFFIXES or not path.is_file():
            continue
        if path.parent.resolve() / path.name not in drawings:
            yield path
