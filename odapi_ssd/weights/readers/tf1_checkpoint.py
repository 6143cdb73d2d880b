"""Reads TensorFlow 1 checkpoints, which hold variables by name. Needs TensorFlow."""

from odapi_ssd import compat
from odapi_ssd.checkpoints.paths import without_file_suffix
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import first_line
from odapi_ssd.weights.mapping import Array, StoredArray

__all__ = ["read_tf1_checkpoint"]


def read_tf1_checkpoint(path: str) -> dict[str, StoredArray]:
    """The variables of a checkpoint by name.

    Args:
        path: a prefix such as `folder/model.ckpt-1000`, one of its files, or a folder, whose newest
            checkpoint is read.
    Raises:
        OdapiError: there is none, or it cannot be read.
    """
    tf = compat.import_tensorflow()
    try:
        reader = tf.train.load_checkpoint(without_file_suffix(path))
        shapes = reader.get_variable_to_shape_map()
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
        raise OdapiError(
            f"--weights {path} is not a TensorFlow checkpoint: {first_line(error)}",
            hint="give the common prefix of its files, such as folder/ssd_300_vgg.ckpt.",
        ) from error

    def stored(name: str) -> StoredArray:
        def read() -> Array:
            try:
                return reader.get_tensor(name)
            except (tf.errors.OpError, RuntimeError) as error:
                raise OdapiError(f"{path}: {name} cannot be read: {first_line(error)}") from error

        return StoredArray(tuple(shapes[name]), read)

    return {name: stored(name) for name in sorted(shapes)}
