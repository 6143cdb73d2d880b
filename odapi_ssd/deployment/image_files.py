"""Image files that a user names for detection: finds and decodes them."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from odapi_ssd.data.folder_tree import walk_files
from odapi_ssd.data.image_encoding import to_rgb
from odapi_ssd.data.images import IMAGE_FORMATS, IMAGE_SUFFIXES, decoding_fault
from odapi_ssd.deployment.earlier_results import EarlierResults
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import printable

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
        OdapiError: a path does not exist, a folder cannot be read, or there is no image at all.
    """
    missing = [printable(path) for path in paths if not _exists(path)]
    if missing:
        raise OdapiError("These images do not exist:", details=missing)
    drawings = set()
    if output_dir is not None:
        earlier = EarlierResults.load(output_dir)
        drawings = {Path(os.path.realpath(output_dir), name) for name in earlier.drawings}
    images: list[Path] = []
    for path in paths:
        images += _images_below(path, drawings) if path.is_dir() else [path]
    if not images:
        raise OdapiError(
            f"There is no image in {', '.join(map(printable, paths))}, except images that an "
            "earlier detect has drawn.",
            hint=f"images end in {', '.join(sorted(IMAGE_SUFFIXES))}.",
        )
    return list(dict.fromkeys(images))


def load_image(path: Path, warn: Callable[[str], None] = lambda text: None) -> Any:
    """Decodes an image, upright (EXIF orientation applied); of an animation the first frame.

    Args:
        path: the file.
        warn: gets a sentence if the orientation cannot be read; the image is then as it is stored.
    Returns:
        A PIL.Image.Image of mode RGB with one pixel at least.
    Raises:
        OSError: it cannot be read; Pillow's other errors are turned into it.
        MemoryError: there is not enough memory for it.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        # Named formats only: Pillow hands some others to programs such as Ghostscript.
        with Image.open(path, formats=IMAGE_FORMATS) as image:
            image.load()
            return to_rgb(_upright(image, path, warn))
    except UnidentifiedImageError:
        kinds = ", ".join(IMAGE_FORMATS)
        raise OSError(f"it is not an image of a known kind ({kinds}), or damaged") from None
    except (OSError, MemoryError):
        raise
    except Exception as error:  # decoders raise many kinds on damaged bytes
        raise OSError(decoding_fault(error)) from error


def _upright(image: Any, path: Path, warn: Callable[[str], None]) -> Any:
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(image)
    except MemoryError:
        raise
    except Exception:  # EXIF data may be damaged in many ways
        warn(f"{printable(path)}: its EXIF data is damaged; it is taken as it is stored.")
        return image


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # no permission, or a name that is too long
        return False


def _images_below(folder: Path, drawings: set[Path]) -> Iterator[Path]:
    for _, path in walk_files(folder):
        is_image = path.suffix.lower() in IMAGE_SUFFIXES
        if is_image and Path(os.path.realpath(path.parent), path.name) not in drawings:
            yield path
