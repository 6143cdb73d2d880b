"""The layers of SSD300 on VGG-16, counted by hand."""

from odapi_ssd.weights import ssd300
from odapi_ssd.weights.ssd300 import Convolution


def test_each_convolution_takes_what_the_one_before_gives():
    chain = (*ssd300.NETWORK, *ssd300.ADDED)
    assert len(chain) == 13 + 2 + 8
    assert chain[0].depth_in == 3
    assert [layer.depth_in for layer in chain[1:]] == [layer.depth for layer in chain[:-1]]


def test_heads_predict_for_each_box_of_a_cell():
    boxes = ssd300.heads("boxes", 4)
    assert [head.name for head in boxes] == [f"boxes_{number}" for number in range(6)]
    assert [head.depth for head in boxes] == [16, 24, 24, 24, 16, 16]
    # 20 classes and the background on conv7, with six boxes in each cell
    assert ssd300.heads("classes", 21)[1] == Convolution("classes_1", 3, 1024, 126)
