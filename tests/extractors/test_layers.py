"""Layers of our own, and copies of a network's layers with the config's hyperparameters."""

import numpy as np
import pytest

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


class TestL2Normalization:
    def _layer(self, **options):
        from odapi_ssd.extractors.layers import L2Normalization

        return L2Normalization(**options)

    def test_two_cells_by_hand(self):
        layer = self._layer()
        # 3-4-0 and 1-2-2 have the lengths 5 and 3
        features = np.float32([[[[3, 4, 0], [1, 2, -2]]]])
        expected = [[[[12, 16, 0], [20 / 3, 40 / 3, -40 / 3]]]]
        np.testing.assert_allclose(layer(features), expected, rtol=1e-6)
        layer.scale.assign([1, 2, 3])
        expected = [[[[0.6, 1.6, 0], [1 / 3, 4 / 3, -2]]]]
        np.testing.assert_allclose(layer(features), expected, rtol=1e-6)

    def test_as_numpy_computes_it(self):
        features = np.random.default_rng(5).normal(size=[2, 3, 5, 7]).astype(np.float32)
        layer = self._layer(initial_scale=8.0)
        lengths = np.linalg.norm(features, axis=-1, keepdims=True)
        np.testing.assert_allclose(layer(features), 8 * features / lengths, rtol=1e-5)
        assert [(one.shape, one.trainable) for one in layer.variables] == [((7,), True)]

    def test_a_cell_without_any_feature_stays_0(self):
        import tensorflow as tf

        layer = self._layer()
        features = tf.constant(np.float32([[[[0, 0], [3, 4]]]]))
        with tf.GradientTape() as tape:
            tape.watch(features)
            activated = tf.nn.relu(features)
            normalized = layer(activated)
        np.testing.assert_allclose(normalized, [[[[0, 0], [12, 16]]]], rtol=1e-6)
        by_features, by_scale = tape.gradient(normalized, [features, layer.scale])
        # Of y1 + y2 with y = 20·x / |x|: 20·(1/5 - x·(3 + 4)/5³); nothing goes through a dead cell.
        expected = [[[[0, 0], [20 * (0.2 - 21 / 125), 20 * (0.2 - 28 / 125)]]]]
        np.testing.assert_allclose(by_features, expected, rtol=1e-4)
        np.testing.assert_allclose(by_scale, [0.6, 0.8], rtol=1e-6)

    def test_its_config_makes_it_again(self):
        layer = self._layer(initial_scale=3.0, name="norm")
        again = type(layer).from_config(layer.get_config())
        assert again.name == "norm"
        again.build((1, 2, 2, 4))
        np.testing.assert_array_equal(again.scale, [3, 3, 3, 3])


def test_input_adjustment():
    from odapi_ssd.extractors.layers import InputAdjustment

    layer = InputAdjustment()
    images = np.float32([[[[1, 2, 3]]]])
    np.testing.assert_array_equal(layer(images), images)
    layer.offset.assign([1, 0, -1])
    layer.factor.assign([2, 3, 4])
    np.testing.assert_array_equal(layer(images), [[[[4, 6, 8]]]])
    assert layer.trainable_variables == []
    assert len(layer.variables) == 2


class TestLayerMaker:
    def _maker(self, hyperparams, *, trains_batch_norm=True, overrides_network=False):
        from google.protobuf import text_format
        from object_detection.builders import hyperparams_builder
        from object_detection.protos import hyperparams_pb2

        from odapi_ssd.extractors.layers import LayerMaker

        base = (
            "regularizer { l2_regularizer { weight: 0.5 } } "
            "initializer { random_normal_initializer { mean: 7 stddev: 0.01 } } "
        )
        proto = text_format.Parse(base + hyperparams, hyperparams_pb2.Hyperparams())
        hyperparams = hyperparams_builder.KerasLayerHyperparams(proto)
        return LayerMaker(hyperparams, trains_batch_norm, overrides_network)

    def _batch_norm(self):
        import tensorflow as tf

        return tf.keras.layers.BatchNormalization(momentum=0.6, scale=False, name="bn")

    def test_a_convolution_has_its_bias_and_activation(self):
        import tensorflow as tf

        layers = self._maker("activation: RELU_6").convolution("a", 2, 3, padding=1, strides=2)
        assert [layer.name for layer in layers] == ["a_pad", "a", "a_activation"]
        model = tf.keras.Sequential(layers)
        features = model(tf.ones([1, 4, 6, 1]))
        # 7 times the cells under the kernel, which begins outside: cut off at 6
        assert features.shape == (1, 2, 3, 2)
        np.testing.assert_array_equal(features, np.full([1, 2, 3, 2], 6))
        assert [weight.name for weight in model.variables] == ["a/kernel:0", "a/bias:0"]
        # the API's weight counts half the squares: 0.5 / 2 · (2·9 kernel weights near 7)
        (penalty,) = model.losses
        assert float(penalty) == pytest.approx(0.25 * 18 * 49, rel=0.01)

    def test_batch_norm_takes_the_place_of_the_bias(self):
        layers = self._maker("batch_norm { decay: 0.9 }").convolution("a", 2, 1)
        assert [layer.name for layer in layers] == ["a", "a_bn", "a_activation"]
        assert not layers[0].use_bias
        assert layers[1].momentum == pytest.approx(0.9)

    def test_separable(self):
        import tensorflow as tf

        model = tf.keras.Sequential(self._maker("").convolution("a", 2, 3, separable=True))
        model.build((None, 5, 5, 3))
        shapes = [tuple(weight.shape) for weight in model.variables]
        assert shapes == [(3, 3, 3, 1), (1, 1, 3, 2), (2,)]
        for kernel in model.variables[:2]:
            assert float(tf.reduce_mean(kernel)) == pytest.approx(7, abs=0.02)
        assert len(model.losses) == 2

    def test_a_networks_layers_keep_what_is_theirs(self):
        import tensorflow as tf

        convolution = tf.keras.layers.Conv2D(3, 3, strides=2, name="conv")
        maker = self._maker("batch_norm {}")
        adapted = maker.like(convolution)
        assert adapted is not convolution
        assert adapted.get_config() == convolution.get_config()
        batch_norm = maker.like(self._batch_norm(), name="other")
        assert (batch_norm.name, batch_norm.momentum, batch_norm.scale) == ("other", 0.6, False)

    def test_overriding_a_networks_layers(self):
        import tensorflow as tf

        maker = self._maker("batch_norm { decay: 0.9 scale: true }", overrides_network=True)
        convolution = maker.like(tf.keras.layers.Conv2D(3, 3, strides=2, name="conv"))
        convolution.build((None, 9, 9, 1))
        assert (convolution.name, convolution.strides) == ("conv", (2, 2))
        assert float(tf.reduce_mean(convolution.kernel)) == pytest.approx(7, abs=0.02)
        assert len(convolution.losses) == 1
        batch_norm = maker.like(self._batch_norm())
        assert batch_norm.name == "bn"
        assert (batch_norm.momentum, batch_norm.scale) == (pytest.approx(0.9), True)

    def test_overriding_without_batch_norm_leaves_the_networks(self):
        batch_norm = self._maker("", overrides_network=True).like(self._batch_norm())
        assert (batch_norm.momentum, batch_norm.scale) == (0.6, False)

    @pytest.mark.parametrize("overrides_network", [False, True])
    @pytest.mark.parametrize("trains", [True, False])
    def test_batch_norm_can_be_frozen(self, trains, overrides_network):
        maker = self._maker(
            "batch_norm { decay: 0.5 }",
            trains_batch_norm=trains,
            overrides_network=overrides_network,
        )
        layer = maker.like(self._batch_norm())
        decay = 0.5 if overrides_network else 0.6
        images = np.float32([[[[0]], [[4]]]])  # mean 2, variance 4
        normalized = layer(images, training=True)
        expected = [-1, 1] if trains else [0, 4]
        np.testing.assert_allclose(np.ravel(normalized), expected, rtol=1e-3)
        expected_mean = 2 * (1 - decay) if trains else 0
        np.testing.assert_allclose(layer.moving_mean, [expected_mean], rtol=1e-5)


def test_sub_model():
    import tensorflow as tf

    from odapi_ssd.extractors.layers import sub_model

    inputs = tf.keras.Input((2,))
    first = tf.keras.layers.ReLU(name="first")(inputs)
    second = tf.keras.layers.Rescaling(2, name="second")(first)
    third = tf.keras.layers.Dense(9, name="third")(second)
    network = tf.keras.Model(inputs, third, name="net")
    part = sub_model(network, ["first", "second"])
    assert part.name == "net"
    assert [layer.name for layer in part.layers[1:]] == ["first", "second"]
    outputs = part(np.float32([[-1, 3]]))
    np.testing.assert_array_equal(outputs, [[[0, 3]], [[0, 6]]])
