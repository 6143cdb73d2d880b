"""Anchors in pixels, and the place of images of all shapes in the network's input."""

import numpy as np
import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.ssd.anchors import preset
from tests.support.anchor_checks import load_with, with_resizer


@pytest.mark.tf
@pytest.mark.usefixtures("api")
class TestGeometry:
    @pytest.mark.parametrize("size_hw", [(200, 100), (100, 200), (33, 77), (480, 640)])
    @pytest.mark.parametrize(
        ("resizer", "expected"),
        [
            ("fixed_shape_resizer { height: 96 width: 128 }", lambda h, w: ((96, 128),) * 2),
            ("identity_resizer {}", lambda h, w: ((h, w), (h, w))),
            (
                "pad_to_multiple_resizer { multiple: 64 }",
                lambda h, w: ((h, w), (-(-h // 64) * 64, -(-w // 64) * 64)),
            ),
        ],
        ids=["fixed", "identity", "multiple"],
    )
    def test_where_an_image_lies(self, tiny_config_path, size_hw, resizer, expected):
        from odapi_ssd.inspection.anchors.geometry import AnchorGeometry

        geometry = AnchorGeometry(with_resizer(load_with(tiny_config_path), resizer))
        placement = geometry.place(size_hw)
        assert (placement.content_hw, placement.input_hw) == expected(*size_hw)
        _, resized = geometry.resize(np.zeros((*size_hw, 3), np.uint8))
        assert resized == placement

    def test_the_aspect_ratio_kept_and_padded(self, tiny_config_path):
        from odapi_ssd.inspection.anchors.geometry import AnchorGeometry

        kept = "keep_aspect_ratio_resizer { min_dimension: 64 max_dimension: 128 %s }"
        padded = with_resizer(load_with(tiny_config_path), kept % "pad_to_max_dimension: true")
        geometry = AnchorGeometry(padded)
        assert not geometry.input_varies
        placement = geometry.place((200, 100))
        assert (placement.content_hw, placement.input_hw) == ((128, 64), (128, 128))
        pixels, _ = geometry.resize(np.full((200, 100, 3), 250, np.uint8))
        assert pixels.shape == (128, 128, 3)
        assert pixels[:, :64].min() == 250
        assert pixels[:, 64:].max() == 0
        geometry = AnchorGeometry(with_resizer(load_with(tiny_config_path), kept % ""))
        assert geometry.input_varies
        assert geometry.place((200, 100)).input_hw == (128, 64)

    def test_the_model_s_own_anchors(self, tiny_config_path):
        """On the non-square input of the fixture, and of an extractor whose maps must be asked."""
        import tensorflow as tf
        from object_detection.builders import model_builder

        from odapi_ssd.inspection.anchors import geometry as geometry_module

        config = load_with(tiny_config_path)
        model = model_builder.build(config.model, is_training=False)
        model.predict(tf.zeros([1, 96, 128, 3]), tf.constant([[96, 128, 3]]))
        expected = model.anchors.get().numpy() * [96, 128, 96, 128]
        geometry = geometry_module.AnchorGeometry(config)
        np.testing.assert_allclose(geometry.spec_px((96, 128)).boxes_yxyx(), expected, atol=1e-3)
        asked = geometry_module.AnchorGeometry(config)
        assert asked._grids_of_built_model((96, 128)) == asked._grids((96, 128))

    def test_an_extractor_of_this_project_says_its_maps(self):
        from odapi_ssd.config.files import load_config
        from odapi_ssd.config.templates import find_template
        from odapi_ssd.inspection.anchors.geometry import AnchorGeometry

        config = load_config(find_template("ssd_vgg_voc"))
        geometry = AnchorGeometry(config)
        expected = preset("ssd300_voc").boxes_yxyx() * 300
        np.testing.assert_allclose(geometry.spec_px((300, 300)).boxes_yxyx(), expected, atol=1e-3)
        assert geometry._built_model is None
        with pytest.raises(OdapiError, match="image_resizer do not go together: an input of 200x"):
            geometry.spec_px((200, 300))
        config.model.ssd.feature_extractor.num_layers = 9
        with pytest.raises(OdapiError, match="num_layers asks for 9"):
            AnchorGeometry(config).spec_px((300, 300))
