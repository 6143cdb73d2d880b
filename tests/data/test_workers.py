import os

import pytest

from odapi_ssd.data.workers import map_in_order
from odapi_ssd.errors import OdapiError


def square(number):
    return number * number


def die(number):
    os._exit(number)


@pytest.mark.parametrize("num_workers", [1, 2])
@pytest.mark.parametrize("num_items", [0, 1, 50])
def test_results_come_in_order(num_workers, num_items):
    items = list(range(num_items))
    assert list(map_in_order(square, items, num_workers)) == [number**2 for number in items]


def test_dead_worker_is_a_clear_error():
    with pytest.raises(OdapiError, match="worker process died"):
        list(map_in_order(die, [1, 1], 2))


def test_stopping_early_ends_the_workers():
    results = map_in_order(square, list(range(1000)), 2)
    assert next(results) == 0
    results.close()
