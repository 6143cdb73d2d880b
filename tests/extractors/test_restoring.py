"""A checkpoint can be restored before a model has its variables: the API's exporter does so."""

import numpy as np
import pytest

from odapi_ssd.config.files import load_config
from odapi_ssd.config.templates import find_template

pytestmark = pytest.mark.tf


def test_restored_before_the_first_call(api, tmp_path):
    import tensorflow as tf
    from object_detection.builders import model_builder

    config = load_config(find_template("ssd_mobilenet_v1_voc"))

    def build(restore_from=None):
        model = model_builder.build(config.model, is_training=False)
        if restore_from is not None:
            tf.train.Checkpoint(model=model).restore(restore_from).expect_partial()
        model.predict(*model.preprocess(tf.zeros((1, 300, 300, 3))))
        return model

    saved = build()
    restored = build(tf.train.Checkpoint(model=saved).save(str(tmp_path / "ckpt")))
    differing = [
        ours.name
        for ours, theirs in zip(restored.variables, saved.variables, strict=True)
        if not np.array_equal(ours, theirs)
    ]
    assert not differing
