"""The operations that `tools/model_cost.py` counts, against counts by hand."""

import pytest

pytestmark = pytest.mark.tf


@pytest.fixture(scope="module")
def tf(api):
    import tensorflow as tf

    return tf


def _count(tf, function, *shapes):
    from tools.model_cost import count_operations

    inputs = [tf.zeros(shape) for shape in shapes]
    specs = [tf.TensorSpec([None, *shape[1:]]) for shape in shapes]
    return count_operations(tf.function(function).get_concrete_function(*specs), *inputs)


def test_a_convolution_multiplies_each_output_with_the_kernel_below_it(tf):
    # 3x4 outputs of 5 channels, each of 3x3x2 products.
    convolve = tf.keras.layers.Conv2D(5, 3, strides=2, padding="same")
    assert _count(tf, lambda x: convolve(x), [1, 6, 8, 2]) == 2 * (3 * 4 * 5) * (3 * 3 * 2)


def test_padding_that_dilation_needs_on_the_cpu_does_not_count(tf):
    # 7x7 outputs, which are computed as 3x3 blocks of more than 7 in all.
    convolve = tf.keras.layers.Conv2D(5, 3, dilation_rate=3, padding="same")
    assert _count(tf, lambda x: convolve(x), [1, 7, 7, 2]) == 2 * (7 * 7 * 5) * (3 * 3 * 2)


def test_a_depthwise_convolution_has_one_channel_for_each_output(tf):
    convolve = tf.keras.layers.DepthwiseConv2D(3, padding="same")
    assert _count(tf, lambda x: convolve(x), [1, 6, 8, 4]) == 2 * (6 * 8 * 4) * (3 * 3)


def test_a_transposed_convolution_spreads_each_input(tf):
    # 3x4 inputs of 2 channels, each onto 2x2x5 outputs.
    convolve = tf.keras.layers.Conv2DTranspose(5, 2, strides=2)
    assert _count(tf, lambda x: convolve(x), [1, 3, 4, 2]) == 2 * (3 * 4 * 2) * (2 * 2 * 5)


@pytest.mark.parametrize(
    ("left", "right", "flags"),
    [
        ([3, 4], [4, 5], {}),
        ([4, 3], [4, 5], {"transpose_a": True}),
        ([3, 4], [5, 4], {"transpose_b": True}),
    ],
)
def test_a_matrix_product_has_rows_times_columns_of_sums(tf, left, right, flags):
    assert _count(tf, lambda a, b: tf.matmul(a, b, **flags), left, right) == 2 * 3 * 5 * 4
    left, right = [7, *left], [7, *right]
    assert _count(tf, lambda a, b: tf.matmul(a, b, **flags), left, right) == 7 * 2 * 3 * 5 * 4


def test_sizes_that_only_a_run_knows_count(tf):
    def some_rows(x):
        return tf.matmul(tf.boolean_mask(x, [True, False, True]), tf.ones([4, 5]))

    assert _count(tf, some_rows, [3, 4]) == 2 * 2 * 4 * 5


def test_what_works_element_by_element_does_not_count(tf):
    assert _count(tf, lambda x: tf.nn.relu(x * 2.0 + 1.0), [3, 4]) == 0


@pytest.mark.parametrize(
    ("num_operations", "shown"),
    [(146_480_768, "0.146"), (62_747_075_584, "62.7"), (2_639_017_881_600, "2,640")],
)
def test_gflops_have_three_digits(num_operations, shown):
    from tools.model_cost import ModelCost

    assert ModelCost(1, num_operations, 1, (1, 1)).gflops == shown
