"""Small checkpoints, in the place of a run's or of a network's."""

from pathlib import Path


def write_checkpoint(folder: Path, *roots: str) -> str:
    """The prefix of a checkpoint, `ckpt-1`, with one variable below each root."""
    import tensorflow as tf

    objects = {name: tf.train.Checkpoint(weight=tf.Variable(1.0)) for name in roots}
    prefix: str = tf.train.Checkpoint(**objects).write(str(folder / "ckpt-1"))
    return prefix


def write_before_first_step(folder: Path) -> str:
    """As a run leaves it: a Keras model has its variables only after its first call."""
    import tensorflow as tf

    checkpoint = tf.train.Checkpoint(model=tf.keras.layers.Dense(1), step=tf.Variable(0))
    prefix: str = checkpoint.write(str(folder / "ckpt-1"))
    return prefix


def write_tf1_checkpoint(folder: Path) -> str:
    """The prefix of a checkpoint of TensorFlow 1, of one variable."""
    import tensorflow as tf

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.get_variable("model/weight", [])
        session.run(tf.compat.v1.global_variables_initializer())
        prefix: str = tf.compat.v1.train.Saver().save(session, str(folder / "model.ckpt"))
    return prefix
