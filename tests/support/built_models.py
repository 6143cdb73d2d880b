"""Models of configs with their variables, which most have only after their first call."""

from typing import Any


def built_model(config: Any) -> Any:
    """The model of a config with a fixed_shape_resizer, for training, called once in a graph.

    `odapi_ssd.register()` must have been called.
    """
    import tensorflow as tf

    from odapi_ssd.plugin.building import build_model

    model = build_model(config.model, is_training=True)
    size = config.model.ssd.image_resizer.fixed_shape_resizer
    images, shapes = model.preprocess(tf.zeros([1, size.height, size.width, 3]))
    tf.function(model.predict, autograph=False)(images, shapes)
    return model
