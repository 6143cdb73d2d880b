"""Divergence told from losses by hand."""

import pytest

from odapi_ssd.training.loss_history import LossHistory


def _history(*losses):
    history = LossHistory()
    for loss in losses:
        history.add(loss)
    return history


def test_nothing_has_grown_before_a_step_and_at_the_first():
    assert not _history().has_grown()
    history = _history(1e12)
    assert (history.start, history.recent) == (1e12, 1e12)
    assert not history.has_grown()


@pytest.mark.parametrize(
    ("losses", "recent", "expected"),
    [
        ([3, 3000.0], 3000.0, False),
        ([3, 3001.0], 3001.0, True),
        ([3, 4, 1e6], 4.0, False),  # a spike
        ([3, 4, 1e6, 1e7], 1e6, True),
        ([3, *[4] * 5, *[1e6] * 5], 4.0, False),  # half of the last ten
        ([3, *[4] * 5, *[1e6] * 6], 1e6, True),
        ([3, *[1e6] * 20, *[4] * 5], 4.0, False),  # it came down again
        ([5000, *[1e6] * 20], 1e6, False),  # a loss that is high from the start
    ],
)
def test_the_median_of_the_last_ten_counts(losses, recent, expected):
    history = _history(*losses)
    assert history.recent == recent
    assert history.has_grown() is expected


@pytest.mark.parametrize("start", [0.0, 1e-6, 0.5, -2.0])
def test_from_a_tiny_loss_growth_counts_only_beyond_a_thousand(start):
    """A resumed run, or a batch without objects at the start."""
    assert not _history(start, *[900.0] * 20).has_grown()
    assert _history(start, *[1100.0] * 20).has_grown()
