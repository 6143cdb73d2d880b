"""Fields of a config in an extractor, and an extractor in the API's models."""

import numpy as np
import pytest

from odapi_ssd.config.files import load_config
from odapi_ssd.config.templates import find_template
from odapi_ssd.plugin.building import build_model

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

# The network of these tests, if it does not matter which: the one that is made fastest.
SMALL = "ssd300_mobilenet_v1_keras"
WITH_BATCH_NORM = "batch_norm { decay: 0.9 } "
IMAGES = np.random.default_rng(6).uniform(-1, 1, [2, 64, 96, 3]).astype(np.float32)


def sides(maps):
    return [tuple(one.shape[1:3]) for one in maps]


class TestNumLayers:
    @pytest.mark.parametrize(("num_layers", "num_taken"), [(1, 1), (2, 2), (4, 2)])
    def test_so_many_maps(self, num_layers, num_taken, make_extractor):
        extractor = make_extractor(SMALL, num_layers=num_layers)
        expected = [(8, 12), (4, 6), (2, 3), (1, 2)][:num_layers]
        assert sides(extractor(IMAGES)) == extractor.feature_grids((64, 96), num_layers) == expected
        assert len(extractor.classification_backbone.outputs) == num_taken
        assert len(extractor.added_maps) == num_layers - num_taken

    def test_the_network_ends_at_the_last_map(self, make_extractor):
        names = [
            layer.name
            for layer in make_extractor(SMALL, num_layers=1).classification_backbone.layers
        ]
        assert names[-1] == "conv_pw_5_relu"

    @pytest.mark.parametrize("num_layers", [0, 7, -1])
    def test_more_or_fewer_than_there_are(self, num_layers, make_extractor):
        message = f"makes 1 to 6 feature maps; feature_extractor.num_layers asks for {num_layers}"
        with pytest.raises(ValueError, match=message):
            make_extractor(SMALL, num_layers=num_layers)


class TestSizes:
    @pytest.mark.parametrize(
        ("kind", "width", "message"),
        [
            ("ssd300_vgg16_keras", 0.5, "VGG16 comes in one width; .* must be 1, not 0.5"),
            ("ssd299_inception_v4_keras", 2.0, "InceptionV4 comes in one width"),
            (SMALL, 0.0, "feature_extractor.depth_multiplier must be above 0, not 0"),
        ],
    )
    def test_a_width_that_there_is_not(self, kind, width, message, make_extractor):
        with pytest.raises(ValueError, match=message):
            make_extractor(kind, depth_multiplier=width)

    def test_min_depth_holds_for_added_layers(self, make_extractor):
        extractor = make_extractor(SMALL, num_layers=4, min_depth=300)
        assert [one.shape[-1] for one in extractor(IMAGES)] == [256, 512, 512, 300]
        assert extractor.added_maps[0].layers[0].filters == 300

    def test_an_input_that_is_too_small(self, make_extractor):
        extractor = make_extractor(SMALL)
        message = "64x96 pixels is too small for 6 feature maps of MobileNetV1; .* 257 pixels"
        with pytest.raises(ValueError, match=message):
            extractor(IMAGES)

    def test_padding_to_a_multiple(self, make_extractor):
        extractor = make_extractor(SMALL, num_layers=3, pad_to_multiple=48)
        padded = np.zeros([2, 96, 96, 3], np.float32)  # 64 is padded, at the end, 96 is not
        padded[:, :64] = IMAGES
        plain = make_extractor(SMALL, num_layers=3)
        plain(padded)
        plain.set_weights([weight * 0.9 for weight in plain.get_weights()])
        maps = extractor(IMAGES)
        extractor.set_weights(plain.get_weights())
        assert sides(maps) == [(12, 12), (6, 6), (3, 3)]
        for ours, expected in zip(extractor(IMAGES), plain(padded), strict=True):
            np.testing.assert_allclose(ours, expected, rtol=1e-6)


class TestHyperparameters:
    def test_depthwise_added_layers(self, make_extractor):
        import tensorflow as tf

        extractor = make_extractor(SMALL, num_layers=3, use_depthwise=True)
        assert sides(extractor(IMAGES)) == [(8, 12), (4, 6), (2, 3)]
        narrow, make_map = (
            layer for layer in extractor.added_maps[0].layers if hasattr(layer, "kernel_size")
        )
        assert type(narrow) is tf.keras.layers.Conv2D
        assert type(make_map) is tf.keras.layers.SeparableConv2D
        assert tuple(make_map.depthwise_kernel.shape) == (3, 3, 256, 1)

    @pytest.mark.parametrize(
        ("kind", "num_taken", "num_convolutions"),
        [
            (SMALL, 2, 1 + 11 * 2),  # one, then eleven pairs
            ("ssd300_vgg16_keras", 2, 13 + 2),  # with conv6 and conv7
            # one, units of three, and the four that lead past a stage's first unit
            ("ssd300_resnet50_v1_keras", 3, 1 + (3 + 4 + 6 + 3) * 3 + 4),
        ],
    )
    def test_regularized_layers(self, kind, num_taken, num_convolutions, make_extractor):
        extractor = make_extractor(kind, num_layers=num_taken + 1)
        extractor(IMAGES)
        assert len(extractor.losses) == 2  # one added map
        extractor = make_extractor(
            kind, num_layers=num_taken, override_base_feature_extractor_hyperparams=True
        )
        assert len(extractor.losses) == num_convolutions

    @pytest.mark.parametrize("overrides", [False, True])
    def test_initial_weights(self, overrides, make_extractor):
        extractor = make_extractor(
            SMALL,
            "initializer { random_normal_initializer { mean: 5 stddev: 0.01 } }",
            num_layers=3,
            override_base_feature_extractor_hyperparams=overrides,
        )
        extractor(IMAGES)
        in_added = [one for one in extractor.added_maps[0].variables if "kernel" in one.name]
        in_network = [
            one for one in extractor.classification_backbone.variables if "kernel" in one.name
        ]
        assert len(in_added) == 2
        assert len(in_network) == 23
        assert np.allclose([np.mean(one) for one in in_added], 5, atol=0.01)
        assert np.allclose([np.mean(one) for one in in_network], 5 if overrides else 0, atol=0.1)

    @pytest.mark.parametrize("overrides", [False, True])
    def test_batch_norm(self, overrides, make_extractor):
        extractor = make_extractor(
            SMALL,
            "batch_norm { decay: 0.9 epsilon: 0.25 }",
            num_layers=3,
            override_base_feature_extractor_hyperparams=overrides,
        )
        layer = extractor.classification_backbone.get_layer("conv_pw_5_bn")
        # Keras's own: 0.99 and 0.001
        assert layer.momentum == pytest.approx(0.9 if overrides else 0.99)
        assert layer.epsilon == pytest.approx(0.25 if overrides else 0.001)
        added = extractor.added_maps[0].get_layer("added_1_2_bn")
        assert (added.momentum, added.epsilon) == (pytest.approx(0.9), pytest.approx(0.25))


@pytest.mark.parametrize(
    ("fields", "is_frozen"),
    [
        ({}, False),
        ({"freeze_batchnorm": True}, True),
        ({"is_training": False}, True),
        ({"override_base_feature_extractor_hyperparams": True}, False),
        ({"override_base_feature_extractor_hyperparams": True, "freeze_batchnorm": True}, True),
    ],
)
def test_frozen_batch_norm_does_not_learn_the_images(fields, is_frozen, make_extractor):
    extractor = make_extractor(SMALL, WITH_BATCH_NORM, num_layers=3, **fields)
    extractor(IMAGES)
    statistics = [one for one in extractor.variables if "moving" in one.name]
    assert len(statistics) == 2 * (23 + 2)
    before = [one.numpy() for one in statistics]
    extractor(IMAGES, training=True)
    changed = [not np.array_equal(one, old) for one, old in zip(statistics, before, strict=True)]
    assert changed == [not is_frozen] * len(statistics)
    before = [one.numpy() for one in statistics]
    extractor(IMAGES, training=False)
    assert all(np.array_equal(one, old) for one, old in zip(statistics, before, strict=True))


class TestGraphs:
    def test_any_number_of_images(self, make_extractor):
        import tensorflow as tf

        extractor = make_extractor(SMALL, num_layers=3)
        expected = extractor(IMAGES)
        one = tf.function(extractor).get_concrete_function(tf.TensorSpec([1, 300, 300, 3]))
        assert [output.shape for output in one.outputs] == [
            (1, 38, 38, 256), (1, 19, 19, 512), (1, 10, 10, 512)
        ]  # fmt: skip
        many = tf.function(extractor).get_concrete_function(tf.TensorSpec([None, 64, 96, 3]))
        assert [output.shape[0] for output in many.outputs] == [None] * 3
        for ours, theirs in zip(many(tf.constant(IMAGES)), expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)

    def test_any_size(self, make_extractor):
        import tensorflow as tf

        extractor = make_extractor(SMALL, num_layers=3, pad_to_multiple=32)
        traced = tf.function(extractor, input_signature=[tf.TensorSpec([None, None, None, 3])])
        assert sides(traced(tf.constant(IMAGES[:, :33]))) == [(8, 12), (4, 6), (2, 3)]
        assert sides(traced(tf.zeros([1, 128, 64, 3]))) == [(16, 8), (8, 4), (4, 2)]

    @pytest.mark.parametrize("kind", ["ssd300_vgg16_keras", "ssd299_inception_v4_keras"])
    def test_bfloat16(self, kind, make_extractor):
        import tensorflow as tf

        # The API does the same for `use_bfloat16`.
        tf.keras.mixed_precision.set_global_policy("mixed_bfloat16")
        try:
            extractor = make_extractor(kind, WITH_BATCH_NORM, num_layers=2)
            maps = extractor(extractor.preprocess(tf.zeros([1, 96, 107, 3])), training=True)
        finally:
            tf.keras.mixed_precision.set_global_policy("float32")
        assert sides(maps) == extractor.feature_grids((96, 107), 2)
        assert {one.dtype for one in maps} == {tf.bfloat16}
        assert {one.dtype for one in extractor.variables} == {tf.float32}


def restore(path, objects):
    """As the API's `load_fine_tune_checkpoint` does it."""
    import tensorflow as tf

    status = tf.train.Checkpoint(**objects).restore(path)
    status.expect_partial().assert_existing_objects_matched()


class TestInTheApi:
    def _model(self, *, is_training=True, **fields):
        assignments = [f"model.ssd.{field}={value}" for field, value in fields.items()]
        config = load_config(find_template("ssd_mobilenet_v1_voc"), assignments)
        return build_model(config.model, is_training=is_training)

    def test_a_classification_checkpoint_is_restored(self, make_extractor, randomize, tmp_path):
        import tensorflow as tf

        # A checkpoint of the network alone, as after a training on ImageNet.
        source = make_extractor(SMALL, num_layers=2).classification_backbone
        values = randomize(source)
        path = tf.train.Checkpoint(feature_extractor=source).save(str(tmp_path / "weights"))
        model = self._model(num_classes=3)
        model.predict(*model.preprocess(tf.zeros([1, 300, 300, 3])))
        restore(path, model.restore_from_objects("classification"))
        restored = model._feature_extractor.classification_backbone
        for variable, value in zip(restored.variables, values, strict=True):
            np.testing.assert_allclose(variable, value, rtol=1e-6)

    @pytest.mark.parametrize("source", ["ssd300_mobilenet_v2_keras", "ssd300_vgg16_keras"])
    def test_a_checkpoint_of_another_network_is_refused(self, source, make_extractor, tmp_path):
        import tensorflow as tf

        network = make_extractor(source, num_layers=2).classification_backbone
        path = tf.train.Checkpoint(feature_extractor=network).save(str(tmp_path / "weights"))
        target = make_extractor(SMALL, num_layers=2).classification_backbone
        with pytest.raises((AssertionError, ValueError)):
            restore(path, {"feature_extractor": target})

    def test_fields_of_the_config_arrive(self):
        extractor = self._model(
            **{
                "feature_extractor.num_layers": 3,
                "feature_extractor.depth_multiplier": 0.5,
                "feature_extractor.min_depth": 200,
                "feature_extractor.use_depthwise": True,
            }
        )._feature_extractor
        extractor.build(None)
        depths = [output.shape[-1] for output in extractor.classification_backbone.outputs]
        assert depths == [128, 256]
        (added,) = extractor.added_maps
        assert [layer.filters for layer in added.layers if hasattr(layer, "filters")] == [200, 256]

    def test_a_checkpoint_is_restored_before_the_first_call(self, tmp_path):
        """The API's exporter does so, when the model has no variables yet."""
        import tensorflow as tf

        def called_model(restore_from=None):
            model = self._model(is_training=False)
            if restore_from is not None:
                tf.train.Checkpoint(model=model).restore(restore_from).expect_partial()
            model.predict(*model.preprocess(tf.zeros((1, 300, 300, 3))))
            return model

        saved = called_model()
        restored = called_model(tf.train.Checkpoint(model=saved).save(str(tmp_path / "ckpt")))
        differing = [
            ours.name
            for ours, theirs in zip(restored.variables, saved.variables, strict=True)
            if not np.array_equal(ours, theirs)
        ]
        assert not differing
