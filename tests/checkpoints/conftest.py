"""Checkpoints made by hand."""

import pytest


@pytest.fixture
def tf1_checkpoint(api, tmp_path) -> str:
    """The prefix of a checkpoint of TensorFlow 1, of one variable."""
    import tensorflow as tf

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.get_variable("model/weight", [])
        session.run(tf.compat.v1.global_variables_initializer())
        return tf.compat.v1.train.Saver().save(session, str(tmp_path / "model.ckpt"))
