"""Sizes of feature maps without a network: by hand, and those of built models of the API."""

import pytest

from odapi_ssd.plugin.feature_maps import (
    feature_grids,
    input_size,
    min_input_side,
    num_layers_of,
    own_extractor_class,
    pyramid_levels,
)

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

FPN = "type: 'ssd_resnet50_v1_fpn_keras' fpn { min_level: 3 max_level: 7 }"
BIFPN = "type: 'ssd_efficientnet-b0_bifpn_keras' bifpn { min_level: 3 max_level: 7 }"
MOBILENET = "type: 'ssd_mobilenet_v2_keras'"
OWN = "type: 'ssd300_vgg16_keras'"


def _extractor(text):
    from google.protobuf import text_format
    from object_detection.protos import ssd_pb2

    return text_format.Parse(text, ssd_pb2.SsdFeatureExtractor())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fixed_shape_resizer { height: 300 width: 512 }", (300, 512)),
        ("keep_aspect_ratio_resizer { min_dimension: 600 max_dimension: 1024 }", None),
        (
            "keep_aspect_ratio_resizer { max_dimension: 1024 pad_to_max_dimension: true }",
            (1024, 1024),
        ),
        ("identity_resizer {}", None),
        ("", None),
    ],
)
def test_input_size(text, expected):
    from google.protobuf import text_format
    from object_detection.protos import image_resizer_pb2

    assert input_size(text_format.Parse(text, image_resizer_pb2.ImageResizer())) == expected


@pytest.mark.parametrize(
    ("text", "levels", "least"),
    [
        (FPN, (3, 7), 129),
        (BIFPN, (3, 7), 129),
        ("type: 'ssd_mobilenet_v2_fpn_keras' fpn { min_level: 3 max_level: 6 }", (3, 6), 33),
        (MOBILENET, None, 33),
        (OWN, None, 1),
    ],
)
def test_pyramids_and_smallest_inputs(text, levels, least):
    assert pyramid_levels(_extractor(text)) == levels
    assert min_input_side(_extractor(text)) == least


def test_number_of_maps():
    assert num_layers_of(_extractor(OWN)) is None
    assert num_layers_of(_extractor(f"{OWN} num_layers: 4")) == 4


def test_own_extractors():
    assert own_extractor_class(_extractor(OWN)).__name__ == "SSD300VGG16"
    assert own_extractor_class(_extractor(MOBILENET)) is None


class TestFeatureGrids:
    @pytest.mark.parametrize("input_hw", [(32, 128), (128, 32)])
    def test_a_side_below_the_smallest_is_refused(self, input_hw):
        height, width = input_hw
        with pytest.raises(
            ValueError, match=f"images are {height}x{width}; ssd_mobilenet_v2_keras"
        ):
            feature_grids(_extractor(MOBILENET), input_hw)
        assert feature_grids(_extractor(MOBILENET), (33, 128))[0] == (3, 8)

    @pytest.mark.parametrize(
        ("text", "input_hw", "expected"),
        [
            # Strides of 16 to 512, rounded up.
            (MOBILENET, (300, 512), [(19, 32), (10, 16), (5, 8), (3, 4), (2, 2), (1, 1)]),
            (f"{MOBILENET} num_layers: 2", (300, 512), [(19, 32), (10, 16)]),
            # 320 and 512
            (f"{MOBILENET} num_layers: 1 pad_to_multiple: 64", (300, 512), [(20, 32)]),
            (OWN, (300, 512), [(38, 64), (19, 32), (10, 16), (5, 8), (3, 6), (1, 4)]),
            (f"{OWN} num_layers: 1 pad_to_multiple: 16", (300, 512), [(38, 64)]),
            # Strides of 8 to 128; only levels up to 5 are merged, by multiples of 32.
            (FPN, (320, 512), [(40, 64), (20, 32), (10, 16), (5, 8), (3, 4)]),
            (BIFPN, (384, 512), [(48, 64), (24, 32), (12, 16), (6, 8), (3, 4)]),
        ],
    )
    def test_by_hand(self, text, input_hw, expected):
        assert feature_grids(_extractor(text), input_hw) == expected

    def test_unknown_extractors(self):
        assert feature_grids(_extractor("type: 'ssd_magic'"), (300, 300)) is None

    @pytest.mark.parametrize(
        ("text", "step", "near"), [(FPN, 32, "288, 320, 480, 512"), (BIFPN, 128, "256, 384, 512")]
    )
    def test_levels_that_do_not_fit(self, text, step, near):
        message = rf"multiples of {step}, not 300x500 \(nearest: {near}\)"
        with pytest.raises(ValueError, match=message):
            feature_grids(_extractor(text), (300, 500))

    def test_what_this_project_s_extractors_refuse(self):
        with pytest.raises(ValueError, match=r"must be 1, not 0\.5"):
            feature_grids(_extractor(f"{OWN} depth_multiplier: 0.5"), (300, 300))
        with pytest.raises(ValueError, match="200x300 pixels is too small for 6 feature maps"):
            feature_grids(_extractor(OWN), (200, 300))

    @pytest.mark.parametrize("name", ["ssd_mobilenet_v2_zoo_voc", "ssd_mobilenet_v2_quickstart"])
    def test_those_of_the_api_s_model(self, name):
        import tensorflow as tf

        from odapi_ssd.config.files import load_config
        from odapi_ssd.config.templates import find_template
        from odapi_ssd.plugin.building import build_model

        config = load_config(find_template(name)).model
        input_hw = (160, 321)
        shapes = tf.constant([[*input_hw, 3]])
        maps = build_model(config).predict(tf.zeros([1, *input_hw, 3]), shapes)["feature_maps"]
        grids = feature_grids(config.ssd.feature_extractor, input_hw)
        assert grids == [tuple(one.shape[1:3]) for one in maps]
