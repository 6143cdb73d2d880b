"""Freezing: variables that a step leaves unchanged in a small network; names in the API's."""

import re

import numpy as np
import pytest

from odapi_ssd.config.files import load_config, new_config
from odapi_ssd.errors import OdapiError
from odapi_ssd.resources import template_dir
from tests.support.built_models import built_model

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

_STATISTICS = ("moving_mean", "moving_variance")
_ALL = ["stem/kernel", *(f"{norm}_norm/{name}" for norm in ("api", "keras")
                         for name in ("gamma", "beta", *_STATISTICS)),
        *(f"bare_norm/{name}" for name in _STATISTICS), "head/kernel", "head/bias"]  # fmt: skip


def _network():
    """A stem, three kinds of batch norm side by side, and a head."""
    import tensorflow as tf
    from object_detection.core.freezable_batch_norm import FreezableBatchNorm

    layers = tf.keras.layers
    image = tf.keras.Input((4, 4, 2))
    stem = layers.Conv2D(3, 1, use_bias=False, name="stem")(image)
    normal = [
        FreezableBatchNorm(name="api_norm")(stem),
        layers.BatchNormalization(name="keras_norm")(stem),
        layers.BatchNormalization(center=False, scale=False, name="bare_norm")(stem),
    ]
    head = layers.Conv2D(2, 1, name="head")(layers.Concatenate()(normal))
    return tf.keras.Model(image, head)


def _train_config(freeze=(), update=()):
    train_config = new_config().train_config
    train_config.freeze_variables.extend(freeze)
    train_config.update_trainable_variables.extend(update)
    return train_config


def _unchanged_by_a_step(network, frozen):
    """Names of the variables that a step of training, as a graph, leaves bit for bit."""
    import tensorflow as tf

    from odapi_ssd.training.optimizer import SelectiveOptimizer

    optimizer = SelectiveOptimizer(tf.keras.optimizers.SGD(0.1), frozen.references)
    images = tf.random.stateless_uniform([2, 4, 4, 2], seed=(1, 2))

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(network(images, training=True) - 1.0))
        variables = network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    before = {variable.name: variable.numpy() for variable in network.variables}
    step()
    return {
        variable.name.removesuffix(":0")
        for variable in network.variables
        if np.array_equal(variable.numpy(), before[variable.name])
    }


def _named(*patterns):
    return {name for name in _ALL if any(re.match(pattern, name) for pattern in patterns)}


@pytest.mark.parametrize(
    ("freeze", "update", "kept"),
    [
        ([], [], ()),
        (["^stem/"], [], ["stem"]),
        (["em/ker"], [], ["stem"]),
        (["model/layer_with_weights-0/kernel$"], [], ["stem"]),
        (["bias", "stem"], [], ["stem", "head/bias"]),
        (["api_norm/"], [], ["api_norm"]),
        (["keras_norm/"], [], ["keras_norm"]),
        # gamma and beta are all that a batch norm layer trains.
        (["(gamma|beta)$"], [], ["api_norm", "keras_norm"]),
        (["gamma$"], [], [".*gamma"]),
        (["moving_mean"], [], [".*moving"]),
        (["api_norm/moving_variance"], [], ["api_norm/moving"]),
        (["bare_norm"], [], ["bare_norm"]),
        ([], ["^head/"], ["stem", ".*_norm"]),
        ([], ["^head/", "keras_norm/gamma"], ["stem", "api_norm", "keras_norm/beta", "bare_norm"]),
        (["api_norm", "bias"], ["_norm", "head"], ["stem", "api_norm", "head/bias"]),
    ],
)  # fmt: skip
def test_what_is_frozen_stays_bit_for_bit_and_nothing_else(freeze, update, kept):
    from odapi_ssd.training import freezing

    network = _network()
    frozen = freezing.freeze(network, _train_config(freeze, update))
    assert _unchanged_by_a_step(network, frozen) == _named(*kept)


@pytest.mark.parametrize(
    ("freeze", "update", "as_in_inference"),
    [
        (["stem"], [], []),
        (["gamma$"], [], []),
        (["(gamma|beta)$"], [], ["api_norm", "keras_norm"]),
        (["moving_mean"], [], ["api_norm", "keras_norm", "bare_norm"]),
        ([], ["head", "keras_norm/beta"], ["api_norm", "bare_norm"]),
    ],
)
def test_batch_norm_that_keeps_its_statistics_uses_them(freeze, update, as_in_inference):
    import tensorflow as tf

    from odapi_ssd.training import freezing

    network = _network()
    freezing.freeze(network, _train_config(freeze, update))
    features = tf.random.stateless_uniform([2, 4, 4, 3], seed=(1, 2))
    norms = [network.get_layer(f"{kind}_norm") for kind in ("api", "keras", "bare")]
    assert as_in_inference == [
        norm.name
        for norm in norms
        if np.array_equal(norm(features, training=True), norm(features, training=False))
    ]


def test_a_layer_without_a_variable_to_train_is_not_trainable():
    from odapi_ssd.training import freezing

    network = _network()
    freezing.freeze(network, _train_config(["stem", "api_norm/gamma", "moving"]))
    assert [layer.name for layer in network.layers if layer.weights and not layer.trainable] == [
        "stem"
    ]
    assert network.trainable


@pytest.mark.parametrize(
    ("patterns", "summary"),
    [
        (["stem/kernel"], "Frozen: 1 of 7 variables (6 of 38 weights)"),
        (
            ["api_norm/", "head/bias"],
            "Frozen: 3 of 7 variables (8 of 38 weights); 1 batch norm layer keeps its statistics",
        ),
        (
            ["moving"],
            "Frozen: 0 of 7 variables (0 of 38 weights); 3 batch norm layers keep their statistics",
        ),
    ],
)
def test_the_summary_counts_what_could_be_trained(patterns, summary):
    """Stem 2·3, norms 4·3, head 9·2 + 2."""
    from odapi_ssd.training import freezing

    assert freezing.freeze(_network(), _train_config(patterns)).summary == summary


def test_patterns_that_fit_nothing_are_named_with_names_that_exist():
    from odapi_ssd.training import freezing

    network = _network()
    with pytest.raises(OdapiError, match="match none of the model's 13 variables") as caught:
        freezing.freeze(network, _train_config(["stem", "steam"], ["head", "neck"]))
    assert caught.value.details == (
        "freeze_variables: 'steam'",
        "update_trainable_variables: 'neck'",
    )
    assert "stem/kernel or model/layer_with_weights-0/kernel" in caught.value.hint
    assert all(layer.trainable for layer in network.layers)


@pytest.mark.parametrize(("freeze", "update"), [([""], []), ([], ["moving"]), (["head"], ["head"])])
def test_a_model_without_anything_to_train_is_refused(freeze, update):
    from odapi_ssd.training import freezing

    with pytest.raises(OdapiError, match="freezes every variable"):
        freezing.freeze(_network(), _train_config(freeze, update))


@pytest.mark.slow
def test_the_classification_network_goes_by_one_name_where_checkpoints_show_another():
    """In EfficientDet most of it is stored as `_efficientnet`."""
    from odapi_ssd.checkpoints.variable_names import variable_names
    from odapi_ssd.training import freezing

    size = "model.ssd.image_resizer.fixed_shape_resizer"
    config = load_config(
        template_dir() / "efficientdet_d0_voc.config", [f"{size}.height=256", f"{size}.width=384"]
    )
    model = built_model(config)
    network = model.restore_from_objects("classification")["feature_extractor"]
    references = {variable.ref() for variable in network.variables}
    pattern = "_feature_extractor/classification_backbone/"
    names = variable_names(model)
    fitting = {one for one, several in names.items() if any(pattern in name for name in several)}
    assert fitting == references
    assert any("_efficientnet/" in name for one in references for name in names[one])
    assert freezing.freeze(model, _train_config([pattern])).references == references
    assert not network.trainable_variables
    assert model.trainable_variables
