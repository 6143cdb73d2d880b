"""`int()` and `float()` of tensors."""

import pytest

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def test_tensors_with_one_element_become_scalars():
    import tensorflow as tf

    assert int(tf.constant([3.0])) == int(tf.constant(3)) == 3
    assert float(tf.constant([[2.5]])) == float(tf.constant(2.5)) == 2.5
    for several in (tf.constant([1, 2]), tf.constant([], tf.int32)):
        with pytest.raises(TypeError):
            int(several)
