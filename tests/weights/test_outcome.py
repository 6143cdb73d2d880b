"""The summary of an import: rows of layers, and what was not used."""

import numpy as np

from odapi_ssd.weights.mapping import MappedWeights
from odapi_ssd.weights.outcome import describe_unused, layer_rows


def _mapped(sources, unused=()):
    return MappedWeights({target: np.zeros((2, 3)) for target in sources}, sources, list(unused))


def test_a_row_for_each_layer():
    mapped = _mapped({
        "block1_conv1/kernel": "base.conv1_1.weight",
        "block1_conv1/bias": "base.conv1_1.bias",
        "norm/scale": "rescale.factors",
    })  # fmt: skip
    assert layer_rows(mapped) == [
        ("base.conv1_1", "block1_conv1", "2x3, 2x3"),
        ("rescale.factors", "norm", "2x3"),
    ]


def test_one_row_where_all_keep_their_names():
    mapped = _mapped({"a/kernel": "a/kernel:0", "a/bias": "a/bias:0"})
    assert layer_rows(mapped) == [("1 layer", "the same names", "12 numbers")]


def test_many_rows_are_cut_short():
    mapped = _mapped({f"ours_{n}/kernel": f"theirs_{n}/kernel" for n in range(53)})
    rows = layer_rows(mapped)
    assert len(rows) == 51
    assert rows[-1] == ("and 3 more layers", "", "")


def test_optimizer_slots_are_counted():
    mapped = _mapped(
        {"a/kernel": "net/a/weights"},
        ["global_step", "net/a/weights/Adam", "net/a/weights/Adam_1", "net/b/weights"],
    )
    assert describe_unused(mapped) == [
        "2 optimizer slots and moving averages, such as net/a/weights/Adam",
        "2 arrays: global_step, net/b/weights",
    ]


def test_all_used():
    assert describe_unused(_mapped({"a/kernel": "a"})) == []
