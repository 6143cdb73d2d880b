"""The pipeline config of an imported detector."""

import pytest

from odapi_ssd.config.files import load_config
from odapi_ssd.config.templates import find_template
from odapi_ssd.errors import OdapiError
from odapi_ssd.plugin.anchor_config import proto_to_spec
from odapi_ssd.plugin.anchor_config_writer import spec_to_proto
from odapi_ssd.ssd.anchors import box_sizes, preset
from odapi_ssd.weights.detector_config import (
    cell_order,
    config_of_template,
    fitting_config,
)
from odapi_ssd.weights.sources import slim, torchvision, tutorial

COCO = find_template("ssd_vgg_coco")


def _boxes(config, source):
    grids_hw = [layer.grid_hw for layer in source.anchors.layers]
    return proto_to_spec(config.model.ssd.anchor_generator, grids_hw, (300, 300)).boxes_yxyx()


class TestOfTemplate:
    @pytest.mark.parametrize(
        ("source", "classes"),
        [(torchvision.SOURCE, 90), (tutorial.SOURCE, 20), (slim.SOURCE, 20)],
    )
    def test_has_the_source_s_anchors_and_classes(self, source, classes):
        made = config_of_template(source, classes)
        assert made.notes == ()
        assert made.config.model.ssd.num_classes == classes
        assert abs(_boxes(made.config, source) - source.anchors.boxes_yxyx()).max() < 1e-6
        assert [list(order) for order in made.cell_orders] == [
            list(range(boxes)) for boxes in (4, 6, 6, 6, 4, 4)
        ]
        again = fitting_config(made.config, source, classes, "f")
        assert again.notes == ()
        assert [list(order) for order in again.cell_orders] == list(map(list, made.cell_orders))

    def test_other_classes_are_noted(self):
        made = config_of_template(slim.SOURCE, 3)
        assert made.config.model.ssd.num_classes == 3
        assert "is for 20 classes, the weights for 3" in made.notes[0]


class TestGiven:
    def test_the_template_s_anchors_are_not_clamped_like_torchvision_s(self):
        fitting = fitting_config(load_config(COCO), torchvision.SOURCE, 90, "f")
        # 261·√2 = 369.1 px, in the last map's one cell, twice: 34.6 px over each edge
        (note,) = fitting.notes
        assert "2 anchors of 8,732" in note
        assert "up to 34.6 pixels" in note

    def test_cells_in_another_order(self):
        config = load_config(COCO)
        spec = preset("ssd300_coco", order="tutorial").with_sizes_clamped()
        config.model.ssd.anchor_generator.CopyFrom(spec_to_proto(spec, (300, 300)))
        fitting = fitting_config(config, torchvision.SOURCE, 90, "f")
        assert fitting.notes == ()
        assert fitting.cell_orders[1] == [0, 1, 2, 4, 3, 5]

    def test_all_differences_are_named(self):
        config = load_config(COCO, [
            "model.ssd.feature_extractor.conv_hyperparams.activation=RELU_6",
            "model.ssd.image_resizer.fixed_shape_resizer.width=320",
            "model.ssd.box_coder.faster_rcnn_box_coder.y_scale=5",
            "model.ssd.box_predictor.convolutional_box_predictor.kernel_size=1",
            "model.ssd.box_predictor.convolutional_box_predictor.num_layers_before_predictor=1",
            "model.ssd.box_predictor.convolutional_box_predictor.max_depth=64",
            "model.ssd.feature_extractor.conv_hyperparams.batch_norm={}",
        ])  # fmt: skip
        with pytest.raises(OdapiError) as caught:
            fitting_config(config, torchvision.SOURCE, 20, "mine.config")
        assert caught.value.problem.startswith("mine.config: the weights of torchvision's")
        assert caught.value.details == (
            "model.ssd.num_classes is 90, not 20",
            "model.ssd.image_resizer.fixed_shape_resizer is 300x320, not 300x300",
            "model.ssd.feature_extractor.conv_hyperparams.activation is RELU_6, not RELU",
            "model.ssd.feature_extractor.conv_hyperparams.batch_norm is present, not absent",
            "model.ssd.box_predictor.convolutional_box_predictor.kernel_size is 1, not 3",
            "model.ssd.box_predictor.convolutional_box_predictor.num_layers_before_predictor is 1, "
            "not 0",
            "model.ssd.box_coder.faster_rcnn_box_coder is 5, 10, 5, 5, not 10, 10, 5, 5",
        )

    @pytest.mark.parametrize("template", ["ssd_vgg512_voc", "ssd_mobilenet_v2_voc"])
    def test_another_extractor(self, template):
        with pytest.raises(OdapiError, match=r"feature_extractor\.type is .*, not ssd300_vgg16"):
            fitting_config(load_config(find_template(template)), slim.SOURCE, 20, "f")

    def test_not_an_ssd(self):
        config = load_config(COCO)
        config.model.faster_rcnn.num_classes = 90
        with pytest.raises(OdapiError, match=r"model\.ssd is absent, not present"):
            fitting_config(config, torchvision.SOURCE, 90, "f")

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("ssd_anchor_generator { num_layers: 6 aspect_ratios: 1 }", "makes .* boxes per cell"),
            ("ssd_anchor_generator { num_layers: 5 }", "anchors for 5 feature maps, but 6"),
        ],
    )
    def test_other_anchors(self, text, message):
        config = load_config(COCO, [f"model.ssd.anchor_generator={{ {text} }}"])
        with pytest.raises(OdapiError, match=message):
            fitting_config(config, torchvision.SOURCE, 90, "f")

    def test_another_score_converter_is_noted(self):
        config = load_config(COCO, ["model.ssd.post_processing.score_converter=SIGMOID"])
        fitting = fitting_config(config, slim.SOURCE, 90, "f")
        (note,) = fitting.notes
        assert (
            note == "The config's score_converter is SIGMOID; the weights were trained for SOFTMAX."
        )


class TestCellOrder:
    def test_ratios_and_two_squares(self):
        # a small and a large square, then width by height of 2, 1/2
        source = box_sizes([(10, 1), (14, 1), (10, 2), (10, 0.5)])
        target = box_sizes([(10, 0.5), (14, 1), (10, 2), (10, 1)])
        assert cell_order(source, target) == [3, 1, 2, 0]

    def test_the_same(self):
        cell = box_sizes([(10, 1), (14, 1), (10, 2), (10, 0.5), (10, 3), (10, 0.333)])
        assert cell_order(cell, cell) == [0, 1, 2, 3, 4, 5]

    def test_other_sizes_and_clamped_sizes(self):
        source = ((1.0, 1.0), (0.9, 0.9), (0.64, 1.0), (1.0, 0.64))
        target = ((2.0, 1.0), (0.87, 0.87), (1.0, 2.0), (0.96, 0.96))
        assert cell_order(source, target) == [3, 1, 2, 0]
