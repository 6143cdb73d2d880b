"""Renders instance masks and encodes them as records hold them. Runs in worker processes.

Polygons are filled here rather than by COCO's C code, which takes memory by the length of their
edges: a point far off would exhaust it. A pixel belongs to a polygon if its center is inside, by
the even-odd rule; COCO's code differs from that by pixels at the edge alone.
"""

import functools
import io
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from odapi_ssd.data.images import decoding_fault
from odapi_ssd.data.masks import IndexedMask, Mask, PolygonMask, RunLengthMask
from odapi_ssd.data.orientation import mask_to_stored
from odapi_ssd.data.run_lengths import RunLengthError, decompress_runs, mask_of_runs
from odapi_ssd.errors import OdapiError

__all__ = ["decode_png_mask", "encode_png_mask", "render_mask", "shrink_mask"]

_BoolArray = npt.NDArray[np.bool_]

# Points farther out, where no real coordinate is, are moved there, so that sums stay finite.
_FAR = 1e7
# So many crossings of edges and rows are computed at once, which bounds the memory.
_MAX_CROSSINGS = 1 << 20


def render_mask(mask: Mask, annotated_hw: tuple[int, int], orientation: int = 1) -> _BoolArray:
    """The pixels of an object.

    Args:
        mask: as annotated.
        annotated_hw: height and width in pixels of the image that was annotated.
        orientation: the EXIF orientation that was applied to the stored image before it was
            annotated; the mask returned is that of the stored image.

    Returns:
        bool [H, W] of the stored image.

    Raises:
        OdapiError: the mask is damaged, or not of the image's size.
    """
    return mask_to_stored(_render(mask, annotated_hw), orientation)


def shrink_mask(mask: _BoolArray, output_hw: tuple[int, int]) -> _BoolArray:
    """A mask for an image that was made smaller: pixels of which half or more was the object's."""
    height, width = output_hw
    levels = Image.fromarray(mask.astype(np.uint8) * 255)
    resized = np.asarray(levels.resize((width, height), Image.Resampling.BOX))
    return resized >= 128


def encode_png_mask(mask: _BoolArray) -> bytes:
    """A mask as the API's Mask R-CNN reads it: PNG of one channel, values 0 and 1.

    Args:
        mask: bool [H, W].
    """
    buffer = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8)).save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def decode_png_mask(encoded: bytes) -> _BoolArray:
    """The inverse of `encode_png_mask`."""
    with Image.open(io.BytesIO(encoded), formats=["PNG"]) as image:
        return np.asarray(image) > 0


def _render(mask: Mask, image_hw: tuple[int, int]) -> _BoolArray:
    if isinstance(mask, PolygonMask):
        rendered = np.zeros(image_hw, bool)
        for polygon in mask.polygons_xy_px:
            _fill_polygon(polygon, rendered)
        return rendered
    if isinstance(mask, RunLengthMask):
        return _render_runs(mask, image_hw)
    if isinstance(mask, IndexedMask):
        return _read_indices(mask.path, image_hw) == mask.index
    return _read_channel(io.BytesIO(mask.encoded), "the mask", image_hw) > 0


def _render_runs(mask: RunLengthMask, image_hw: tuple[int, int]) -> _BoolArray:
    _require_size("the mask", mask.mask_hw, image_hw)
    try:
        runs = decompress_runs(mask.counts) if isinstance(mask.counts, str) else mask.counts
        return mask_of_runs(runs, image_hw)
    except RunLengthError as error:
        raise OdapiError(f"the mask: {error}") from error


def _require_size(name: str, mask_hw: tuple[int, int], image_hw: tuple[int, int]) -> None:
    if mask_hw != image_hw:
        raise OdapiError(
            f"{name} has {mask_hw[1]}x{mask_hw[0]} pixels, expected the image's "
            f"{image_hw[1]}x{image_hw[0]}"
        )


@functools.lru_cache(maxsize=1)  # All objects of an image are in one file.
def _read_indices(path: Path, image_hw: tuple[int, int]) -> npt.NDArray[Any]:
    return _read_channel(path, path.name, image_hw)


def _read_channel(file: Any, name: str, image_hw: tuple[int, int]) -> npt.NDArray[Any]:
    """The values of a PNG file of one channel; for a palette its indices."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(file, formats=["PNG"]) as image:
                # Told by the header; what does not fit is not decoded.
                _require_size(name, (image.height, image.width), image_hw)
                values = np.asarray(image)
    except OdapiError:
        raise
    except UnidentifiedImageError as error:
        raise OdapiError(f"{name} is not a PNG file") from error
    except FileNotFoundError as error:
        raise OdapiError(f"{name} does not exist") from error
    except Exception as error:  # Decoders raise many kinds on damaged bytes.
        raise OdapiError(f"{name} cannot be decoded: {decoding_fault(error)}") from error
    if values.ndim != 2:
        raise OdapiError(f"{name} has several channels, expected one")
    return values


def _fill_polygon(polygon: Sequence[float], image: _BoolArray) -> None:
    """Adds a polygon, x, y, x, y, … in pixels, to an image, bool [H, W]."""
    points = np.asarray(polygon, float).reshape(-1, 2)
    if not np.isfinite(points).all():
        raise OdapiError("the mask has a polygon with coordinates that are not finite")
    # The pixel that each point comes before: the first whose center is not left of, or above, it.
    points = np.clip(points, -_FAR, _FAR) - 0.5
    height, width = image.shape
    x_start, y_start = np.clip(np.ceil(points.min(axis=0)), 0, (width, height)).astype(int)
    x_end, y_end = np.clip(np.ceil(points.max(axis=0)), 0, (width, height)).astype(int)
    if x_start == x_end or y_start == y_end:
        return
    # Each crossing of an edge turns all pixels to the right of it from outside to inside or back.
    num_crossings = np.zeros((y_end - y_start, x_end - x_start + 1), np.uint8)  # modulo 256
    for ys, xs in _crossings(points, y_start, y_end):
        columns = np.clip(np.ceil(xs), x_start, x_end).astype(int)
        np.add.at(num_crossings, (ys - y_start, columns - x_start), 1)
    inside = np.cumsum(num_crossings, axis=1, dtype=np.uint8)[:, :-1] % 2 == 1
    image[y_start:y_end, x_start:x_end] |= inside


def _crossings(
    points: npt.NDArray[np.float64], y_start: int, y_end: int
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]]:
    """Where the edges of a polygon cross rows: the rows and the x of it, in blocks.

    Args:
        points: [N, 2], x and y, where pixels' centers are at whole numbers.
        y_start: the first row.
        y_end: the one after the last.
    """
    others = np.roll(points, -1, axis=0)
    ys = np.sort(np.stack([points[:, 1], others[:, 1]]), axis=0)
    first, last = np.clip(np.ceil(ys), y_start, y_end).astype(np.int64)
    is_crossing = last > first
    points, others = points[is_crossing], others[is_crossing]
    first, counts = first[is_crossing], (last - first)[is_crossing]
    slopes = (others[:, 0] - points[:, 0]) / (others[:, 1] - points[:, 1])
    num_edges = max(1, _MAX_CROSSINGS // (y_end - y_start))
    for start in range(0, len(counts), num_edges):
        block = slice(start, start + num_edges)
        edges = np.repeat(np.arange(start, min(start + num_edges, len(counts))), counts[block])
        offsets = np.repeat(np.cumsum(counts[block]) - counts[block], counts[block])
        rows = first[edges] + np.arange(len(edges)) - offsets
        yield rows, points[edges, 0] + (rows - points[edges, 1]) * slopes[edges]
