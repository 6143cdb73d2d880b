"""Control-flow functions that tf_slim uses."""

import numpy as np
import pytest

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def test_the_old_names_are_the_moved_functions():
    from tensorflow.python.ops import cond, control_flow_case, control_flow_ops, while_loop

    assert control_flow_ops.case is control_flow_case.case
    assert control_flow_ops.cond is cond.cond
    assert control_flow_ops.while_loop is while_loop.while_loop


def test_the_decoder_of_tf_slim_reads_an_image():
    import tensorflow as tf
    from tf_slim import tfexample_decoder

    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    handler = tfexample_decoder.Image("encoded", "format", channels=3)
    tensors = {"encoded": tf.io.encode_png(pixels), "format": tf.constant("png")}
    np.testing.assert_array_equal(handler.tensors_to_item(tensors), pixels)
