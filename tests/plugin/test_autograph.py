"""Building graphs without AutoGraph, and with it where nothing else works."""

import pytest

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def _with_if(value):
    if value > 1:
        return value
    return -value


def _with_range(value):
    total = value
    for _ in range(value):
        total = total + 1
    return total


@pytest.mark.parametrize(
    ("function", "expected"), [(_with_if, [0, -1, 2, 3]), (_with_range, [0, 2, 4, 6])]
)
def test_a_function_that_needs_autograph_gets_it(function, expected):
    import tensorflow as tf

    from odapi_ssd.plugin.autograph import build_without_autograph

    num_calls = 0

    def build():
        nonlocal num_calls
        num_calls += 1
        return tf.data.Dataset.range(4).map(function)

    assert [int(value) for value in build_without_autograph(build)] == expected
    assert num_calls == 2


def test_a_function_that_does_not_is_called_once_and_not_converted():
    import tensorflow as tf

    from odapi_ssd.plugin.autograph import build_without_autograph

    names = []

    def negate(value):
        names.append(negate.__code__.co_filename)
        return -value

    dataset = build_without_autograph(lambda: tf.data.Dataset.range(2).map(negate))
    assert [int(value) for value in dataset] == [0, -1]
    assert names == [__file__]


def test_other_errors_are_raised():
    from odapi_ssd.plugin.autograph import build_without_autograph

    with pytest.raises(ZeroDivisionError):
        build_without_autograph(lambda: 1 // 0)
