"""Run-length encodings of masks, as COCO writes them: lists of runs, or compact texts of those.

The runs go down the columns of a mask from left to right; the first counts zeros. In the text each
number takes characters of six bits above "0": five bits of it, lowest first, and whether more
follow; from the fourth on it is the difference to the last but one.

Source: the description of the format in COCO's API (`maskApi.h`). Texts come from strangers, so
they are taken apart here, with every number checked, and never by C code.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["RunLengthError", "compress_runs", "decompress_runs", "mask_of_runs", "runs_of_mask"]

_FIRST_CHARACTER = ord("0")
_MORE, _SIGN, _BITS = 0x20, 0x10, 5
_MAX_CHARACTERS = 7  # of one number, which is below 2**31


class RunLengthError(ValueError):
    """Runs that are no mask of the size given; the text says why."""


def decompress_runs(text: str) -> list[int]:
    """The runs that a compact text holds; they may still fit no mask.

    Raises:
        RunLengthError: the text has other characters, ends within a number, or a number is out of
            all bounds.
    """
    runs: list[int] = []
    value = shift = 0
    for place, character in enumerate(text, start=1):
        bits = ord(character) - _FIRST_CHARACTER
        if not 0 <= bits < 2 * _MORE or shift >= _BITS * _MAX_CHARACTERS:
            raise RunLengthError(f"the character {place} of its compressed runs is out of place")
        value |= (bits & (_MORE - 1)) << shift
        shift += _BITS
        if bits & _MORE:
            continue
        if bits & _SIGN:
            value -= 1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
        value = shift = 0
    if shift:
        raise RunLengthError("its compressed runs end within a number")
    return runs


def compress_runs(runs: Sequence[int]) -> str:
    """The compact text of runs; the inverse of `decompress_runs`."""
    text = []
    for index, run in enumerate(runs):
        value = run - runs[index - 2] if index > 2 else run
        while True:
            bits = value & (_MORE - 1)
            value >>= _BITS
            is_last = value == (-1 if bits & _SIGN else 0)
            text.append(chr(_FIRST_CHARACTER + (bits if is_last else bits | _MORE)))
            if is_last:
                break
    return "".join(text)


def mask_of_runs(runs: Sequence[int], mask_hw: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """The mask that runs describe.

    Args:
        runs: their lengths.
        mask_hw: height and width in pixels.

    Returns:
        bool [H, W].

    Raises:
        RunLengthError: a run is negative, or the runs do not add up to the mask's size.
    """
    height, width = mask_hw
    if any(run < 0 for run in runs):
        raise RunLengthError(f"its runs hold {min(runs)}, expected 0 or more")
    if sum(runs) != height * width:
        raise RunLengthError(
            f"its runs cover {sum(runs):,} pixels, expected {height * width:,} ({width}x{height})"
        )
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, np.asarray(runs, np.int64)).reshape((width, height)).T


def runs_of_mask(mask: npt.NDArray[np.bool_]) -> list[int]:
    """The runs of a mask, bool [H, W]; the inverse of `mask_of_runs`."""
    pixels = np.concatenate([[False], mask.T.reshape(-1)])
    ends = np.flatnonzero(pixels[1:] != pixels[:-1])
    bounds = np.concatenate([[0], ends, [mask.size]])
    runs: list[int] = np.diff(bounds).tolist()
    return runs
