"""The maps of every extractor: sizes and depths as designed, and sizes for any input."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odapi_ssd.extractors.registry import EXTRACTORS

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def convolution(kernel, depth_in, depth_out):
    return kernel * kernel * depth_in * depth_out + depth_out


# Parameters of the added convolutions after the first one, whose input is the network's last map;
# without batch normalization. From maps of 19, 10 or 8 cells a side on.
FROM_19 = [
    convolution(3, 256, 512),
    *(convolution(1, 512, 128), convolution(3, 128, 256)),
    *(convolution(1, 256, 128), convolution(3, 128, 256)) * 2,
]
FROM_10 = FROM_19[:-2]
FROM_8 = FROM_19[:-4]
FROM_32 = [*FROM_19, convolution(1, 256, 128), convolution(4, 128, 256)]


class Expected(NamedTuple):
    """An extractor as it was designed.

    Attributes:
        side: of the input.
        maps: cells a side and depth, finest first.
        layers: of the network whose outputs are maps.
        num_in_network: parameters; test files of their own derive them.
        added: parameters of each added convolution.
    """

    side: int
    maps: list[tuple[int, int]]
    layers: str
    num_in_network: int
    added: list[int]


ALL = {
    "ssd300_vgg16_keras": Expected(
        300, [(38, 512), (19, 1024), (10, 512), (5, 256), (3, 256), (1, 256)],
        "block4_conv3 conv7", 20_483_910, [convolution(1, 1024, 256), *FROM_19]),
    "ssd512_vgg16_keras": Expected(
        512, [(64, 512), (32, 1024), (16, 512), (8, 256), (4, 256), (2, 256), (1, 256)],
        "block4_conv3 conv7", 20_483_910, [convolution(1, 1024, 256), *FROM_32]),
    "ssd300_mobilenet_v1_keras": Expected(
        300, [(38, 256), (19, 512), (10, 512), (5, 256), (3, 256), (1, 256)],
        "conv_pw_5_relu conv_pw_11_relu", 1_627_840, [convolution(1, 512, 256), *FROM_19]),
    "ssd300_mobilenet_v2_keras": Expected(
        300, [(38, 192), (19, 576), (10, 512), (5, 256), (3, 256), (1, 256)],
        "block_6_expand_relu block_13_expand_relu", 616_256,
        [convolution(1, 576, 256), *FROM_19]),
    "ssd300_resnet50_v1_keras": Expected(
        300, [(19, 1024), (10, 2048), (10, 2048), (5, 512), (3, 256), (1, 256)],
        "conv4_block6_out conv5_block1_out conv5_block3_out", 23_587_712,
        [convolution(1, 2048, 256), *FROM_10]),
    "ssd300_resnet101_v1_keras": Expected(
        300, [(19, 1024), (10, 2048), (10, 2048), (5, 512), (3, 256), (1, 256)],
        "conv4_block23_out conv5_block1_out conv5_block3_out", 42_658_176,
        [convolution(1, 2048, 256), *FROM_10]),
    "ssd300_resnet50_v2_keras": Expected(
        300, [(19, 512), (10, 1024), (10, 2048), (5, 512), (3, 256), (1, 256)],
        "conv4_block1_preact_relu conv5_block1_preact_relu post_relu", 23_564_800,
        [convolution(1, 2048, 256), *FROM_10]),
    "ssd300_resnet101_v2_keras": Expected(
        300, [(19, 512), (10, 1024), (10, 2048), (5, 512), (3, 256), (1, 256)],
        "conv4_block1_preact_relu conv5_block1_preact_relu post_relu", 42_626_560,
        [convolution(1, 2048, 256), *FROM_10]),
    "ssd299_inception_v4_keras": Expected(
        299, [(17, 1024), (17, 1024), (8, 1536), (8, 1536), (4, 512), (2, 256)],
        "Mixed_6d Mixed_6h Mixed_7b Mixed_7d", 41_174_400,
        [convolution(1, 1536, 256), *FROM_8]),
    "ssd299_inception_resnet_v2_keras": Expected(
        299, [(71, 192), (35, 192), (17, 1088), (8, 2080), (4, 512), (2, 256)],
        "conv2d_4a_ac maxpool_5a mixed_6a mixed_7a", 30_774_368,
        [convolution(1, 2080, 256), *FROM_8]),
}  # fmt: skip
EACH = pytest.mark.parametrize("kind", ALL)


def shapes_of(extractor, input_hw):
    """Height, width and depth of each map by Keras's arithmetic, up to where nothing is left."""
    import tensorflow as tf

    network = extractor.classification_backbone
    parts = [tf.keras.Model(network.inputs, output) for output in network.outputs]
    shapes = []
    for part in [*parts, *extractor.added_maps]:
        before = shapes[-1] if part in extractor.added_maps else (*input_hw, 3)
        try:
            shape = part.compute_output_shape((None, *before))[1:]
        except ValueError:  # a convolution's kernel fits nowhere; a pooling says 0 or less
            break
        if min(shape) < 1:
            break
        shapes.append(tuple(shape))
    return shapes


def test_every_extractor_is_here():
    assert set(ALL) == set(EXTRACTORS)


@EACH
def test_maps_of_the_layout(kind, extractor_of):
    side, expected = ALL[kind].side, ALL[kind].maps
    extractor = extractor_of(kind)
    assert side == extractor.INPUT_SIDE
    assert shapes_of(extractor, (side, side)) == [
        (cells, cells, depth) for cells, depth in expected
    ]
    assert extractor.feature_grids((side, side)) == [(cells, cells) for cells, _ in expected]


@EACH
def test_layers_of_the_maps(kind, extractor_of):
    outputs = extractor_of(kind).classification_backbone.outputs
    assert " ".join(output._keras_history.layer.name for output in outputs) == ALL[kind].layers


@EACH
def test_parameters(kind, extractor_of):
    extractor = extractor_of(kind)
    for added, (_, depth_before) in zip(
        reversed(extractor.added_maps), reversed(ALL[kind].maps[:-1]), strict=False
    ):
        added.build((None, 9, 9, depth_before))
    assert extractor.classification_backbone.count_params() == ALL[kind].num_in_network
    assert sum(added.count_params() for added in extractor.added_maps) == sum(ALL[kind].added)


@EACH
@pytest.mark.parametrize("input_hw", [(320, 264), (331, 301), (299, 600), (512, 300)])
def test_grids_of_other_inputs(kind, input_hw, extractor_of):
    extractor = extractor_of(kind)
    shapes = shapes_of(extractor, input_hw)
    assert extractor.feature_grids(input_hw, len(shapes)) == [shape[:2] for shape in shapes]


@EACH
def test_grids_of_any_input(kind, extractor_of):
    extractor = extractor_of(kind)
    num_maps = len(ALL[kind].maps)

    @settings(max_examples=25, deadline=None)
    @given(st.integers(1, 600), st.integers(1, 600))
    def compare(height, width):
        shapes = shapes_of(extractor, (height, width))
        grids = extractor.feature_grids((height, width), len(shapes)) if shapes else []
        assert grids == [shape[:2] for shape in shapes]
        if len(shapes) < num_maps:
            with pytest.raises(ValueError, match=f"{height}x{width} pixels is too small"):
                extractor.feature_grids((height, width), len(shapes) + 1)

    compare()


@pytest.mark.parametrize(
    ("kind", "num_layers", "least"),
    [
        # From the last map back to the image, least numbers of cells: 1, 3, 5 by kernels that do
        # not pad, then 9, 17, 33, 65, 129, 257 by strides of 2 that round up.
        ("ssd300_vgg16_keras", None, 257),
        ("ssd300_vgg16_keras", 5, 129),
        ("ssd300_vgg16_keras", 4, 1),
        # 1, 2 by the kernel of 4, then 3, 5, 9, ... 257
        ("ssd512_vgg16_keras", None, 257),
        # One cell suffices for Mixed_7a; by strides of 2 (s) and 1: 3s, 7s, 15s, 17, 35s, 37, 75s
        ("ssd299_inception_v4_keras", None, 75),
        # 1, 3s, 5, 11s, 13, 27s; and 1, 3, 7s, 9, 19s
        ("ssd299_inception_resnet_v2_keras", 2, 27),
        ("ssd299_inception_resnet_v2_keras", 1, 19),
    ],
)
def test_least_input(kind, num_layers, least, extractor_of):
    extractor = extractor_of(kind)
    assert min(extractor.feature_grids((least, 600), num_layers)[-1]) == 1
    with pytest.raises(ValueError, match=f"each side must have {least} pixels or more"):
        extractor.feature_grids((600, least - 1), num_layers)


@pytest.mark.parametrize(
    ("kind", "input_hw"),
    [
        ("ssd300_mobilenet_v1_keras", (301, 259)),
        ("ssd300_resnet50_v2_keras", (257, 270)),
        ("ssd299_inception_v4_keras", (107, 90)),
    ],
)
def test_grids_are_those_of_real_maps(kind, input_hw, extractor_of):
    import tensorflow as tf

    extractor = extractor_of(kind)
    maps = extractor(tf.zeros([1, *input_hw, 3]))
    assert [tuple(one.shape[1:3]) for one in maps] == extractor.feature_grids(input_hw)


def test_the_example_in_contributing(make_extractor, register_extractor):
    text = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    register_extractor("example", "densenet121", "densenet:SSD300DenseNet121", code)
    extractor = make_extractor("example")
    # 300, 150, 75 by layers that pad, then 37, 18, 9 by poolings that do not
    cells_and_depths = [(37, 512), (18, 1024), (9, 1024), (5, 512), (3, 256), (1, 256)]
    expected = [(cells, cells, depth) for cells, depth in cells_and_depths]
    assert shapes_of(extractor, (300, 300)) == expected
    for input_hw in ((300, 300), (331, 401), (512, 301)):
        shapes = shapes_of(extractor, input_hw)
        assert extractor.feature_grids(input_hw) == [shape[:2] for shape in shapes]
