"""DeepMAC's mask head on images without objects.

On CPUs, TensorFlow's convolutions are oneDNN's. For an empty batch these return the shape of their
*input*, [0, H, W, C_in] instead of [0, H, W, C_out], and the next layer fails. The mask head, whose
batch is one of instances, is the only place where the API allows an empty batch.
"""

import types
from typing import Any

from odapi_ssd.compat.after_import import after_import

SYMPTOM = "Incompatible shapes: [8] vs. [0,32,32,16] in DeepMAC, for images without objects"
AFFECTS = "TensorFlow 2.9 and newer on x86 CPUs (oneDNN), unless TF_ENABLE_ONEDNN_OPTS=0 is set"
UNTIL = "TensorFlow's oneDNN convolutions return the right shape for an empty batch"


def apply() -> bool:
    """Makes the mask head compute one instance of zeros, and drop it, if there is none."""
    from tensorflow.python.util import _pywrap_util_port

    if not _pywrap_util_port.IsMklEnabled():
        return False
    after_import("object_detection.meta_architectures.deepmac_meta_arch", _avoid_empty_batches)
    return True


def _avoid_empty_batches(deepmac_meta_arch: types.ModuleType) -> None:
    import tensorflow as tf

    head_class = deepmac_meta_arch.MaskHeadNetwork
    compute = head_class.__call__

    def __call__(self: Any, instance_embedding: Any, pixel_embedding: Any, training: bool) -> Any:  # noqa: N807
        """`MaskHeadNetwork.__call__`; no instances give float [0, height, width]."""
        num_instances = tf.shape(pixel_embedding)[0]
        num_added = tf.cast(tf.equal(num_instances, 0), tf.int32)
        masks = compute(
            self,
            _add_zeros(instance_embedding, num_added),
            _add_zeros(pixel_embedding, num_added),
            training,
        )
        return masks[:num_instances]

    head_class.__call__ = __call__


def _add_zeros(tensor: Any, num_added: Any) -> Any:
    """Appends zeros along the first dimension; the static shape of the others stays known."""
    import tensorflow as tf

    # Not tf.pad: oneDNN fuses that into the convolution as its padding, and the batch stays empty.
    others = tf.shape(tensor)[1:]
    return tf.concat([tensor, tf.zeros(tf.concat([[num_added], others], 0), tensor.dtype)], 0)
