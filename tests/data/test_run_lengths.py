"""Run-length encodings, against pycocotools."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pycocotools import mask as coco_mask

from odapi_ssd.data.run_lengths import (
    RunLengthError,
    compress_runs,
    decompress_runs,
    mask_of_runs,
    runs_of_mask,
)

_MASKS = arrays.arrays(bool, arrays.array_shapes(min_dims=2, max_dims=2, max_side=40))


def test_runs_by_hand():
    mask = np.array([[0, 1, 1], [0, 1, 0]], bool)
    assert runs_of_mask(mask) == [2, 3, 1]
    assert runs_of_mask(~mask) == [0, 2, 3, 1]
    assert (mask_of_runs([2, 3, 1], (2, 3)) == mask).all()
    assert (mask_of_runs([0, 0, 2, 0, 0, 3, 1], (2, 3)) == mask).all()


@settings(deadline=None)
@given(_MASKS)
def test_masks_are_those_of_coco(mask):
    encoded = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    text = encoded["counts"].decode()
    runs = decompress_runs(text)
    assert runs == runs_of_mask(mask)
    assert compress_runs(runs) == text
    assert (mask_of_runs(runs, mask.shape) == mask).all()


@settings(deadline=None)
@given(st.lists(st.integers(0, 2**31 - 1), max_size=20))
def test_large_runs_survive(runs):
    assert decompress_runs(compress_runs(runs)) == runs


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\n2", "the character 2 of its compressed runs is out of place"),
        ("1\u2020", "the character 2"),
        ("1" + "o" * 8, "the character 9"),
        ("1o", "end within a number"),
    ],
)
def test_texts_that_are_no_runs(text, message):
    with pytest.raises(RunLengthError, match=message):
        decompress_runs(text)


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ([1, 2], r"its runs cover 3 pixels, expected 6 \(3x2\)"),
        ([], "cover 0 pixels"),
        ([10**30], "cover 1,000,000"),
        ([-1, 7], "its runs hold -1, expected 0 or more"),
    ],
)
def test_runs_that_are_no_mask(runs, message):
    with pytest.raises(RunLengthError, match=message):
        mask_of_runs(runs, (2, 3))


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_runs_or_refused(text):
    with contextlib.suppress(RunLengthError):
        assert mask_of_runs(decompress_runs(text), (3, 4)).shape == (3, 4)
