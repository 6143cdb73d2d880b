"""A model's cost on any machine: its parameters and floating-point operations.

    python -m tools.model_cost CONFIG

Prints one line of JSON. Operations are the multiplications and additions of convolutions and matrix
products (a multiply-add is 2) for one image of the config's input size, from the preprocessed image
to the raw predictions. Resizing, non-maximum suppression and elementwise operations do not count.
"""

import json
import sys
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

__all__ = ["ModelCost", "count_operations", "measure"]


@dataclass(frozen=True)
class ModelCost:
    """Counts of a model.

    Attributes:
        num_parameters: weights used in prediction, frozen or not; without batch norm statistics.
        num_operations: floating-point operations for one image.
        num_anchors: for the whole image; for a two-stage model, per cell.
        input_hw: height and width of that image, in pixels.
    """

    num_parameters: int
    num_operations: int
    num_anchors: int
    input_hw: tuple[int, int]

    @property
    def gflops(self) -> str:
        """Billions of operations, to three significant digits: 0.146, 62.7, 2,640."""
        return f"{float(f'{self.num_operations / 1e9:.3g}'):,g}"


def measure(model_config: Any) -> ModelCost:
    """Builds a model for inference and counts its parameters and operations.

    Args:
        model_config: a `model_pb2.DetectionModel`.
    """
    import odapi_ssd

    odapi_ssd.register()
    import tensorflow as tf

    from odapi_ssd.plugin.building import build_model

    model = build_model(model_config)
    tf.keras.backend.set_learning_phase(False)
    input_hw = _input_hw(model_config)
    images, true_shapes = model.preprocess(tf.zeros([1, *input_hw, 3]))

    predict = tf.function(lambda images: model.predict(images, true_shapes))
    graph_function = predict.get_concrete_function(tf.TensorSpec(images.shape))
    num_operations = count_operations(graph_function, images)
    return ModelCost(
        sum(
            int(np.prod(variable.shape))
            for variable in graph_function.graph.variables
            if variable.trainable
        ),
        num_operations,
        _count_anchors(model),
        tuple(images.shape[1:3]),
    )


def _count_anchors(model: Any) -> int:
    if hasattr(model, "_first_stage_anchor_generator"):
        return sum(model._first_stage_anchor_generator.num_anchors_per_location())
    return model.anchors.num_boxes_static()


def count_operations(graph_function: Any, *inputs: Any) -> int:
    """Floating-point operations of the convolutions and matrix products in a traced function.

    The function is run for the tensors' shapes, because the graph of a two-stage model does not
    know them all.

    Args:
        graph_function: a concrete function.
        *inputs: tensors to run it on.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    frozen = convert_variables_to_constants_v2(graph_function)
    counted = [op for op in frozen.graph.get_operations() if op.type in _MULTIPLICATIONS]
    with frozen.graph.as_default():
        shapes = [[tf.shape(tensor) for tensor in (*op.inputs, _result(op))] for op in counted]
    run = frozen.prune(frozen.inputs, shapes)
    return sum(
        2 * _MULTIPLICATIONS[op.type](op, *(shape.numpy() for shape in of_op))
        for op, of_op in zip(counted, run(*inputs), strict=True)
    )


def _result(op: Any) -> Any:
    """An operation's output; for a dilated convolution on the CPU, without the padding it adds."""
    (output,) = op.outputs
    joined = [user.outputs[0] for user in output.consumers() if user.type == "BatchToSpaceND"]
    return joined[0] if joined else output


def _convolution(op: Any, image_shape: Any, kernel_shape: Any, shape: Any) -> int:
    return int(np.prod(shape) * np.prod(kernel_shape[:3]))


def _depthwise(op: Any, image_shape: Any, kernel_shape: Any, shape: Any) -> int:
    return int(np.prod(shape) * np.prod(kernel_shape[:2]))


def _transposed(op: Any, size: Any, kernel_shape: Any, image_shape: Any, shape: Any) -> int:
    return int(np.prod(image_shape) * np.prod(kernel_shape[:3]))


def _matrix_product(op: Any, left_shape: Any, right_shape: Any, shape: Any) -> int:
    is_transposed = op.get_attr("transpose_a" if op.type == "MatMul" else "adj_x")
    return int(np.prod(shape) * left_shape[-2 if is_transposed else -1])


_MULTIPLICATIONS = {
    "Conv2D": _convolution,
    "DepthwiseConv2dNative": _depthwise,
    "Conv2DBackpropInput": _transposed,
    "MatMul": _matrix_product,
    "BatchMatMulV2": _matrix_product,
}


def _input_hw(model_config: Any) -> tuple[int, int]:
    """Height and width of the network's input; of a 3:4 image if the config leaves them open."""
    from odapi_ssd.plugin.feature_maps import input_size

    resizer = getattr(model_config, model_config.WhichOneof("model")).image_resizer
    kept = resizer.keep_aspect_ratio_resizer
    return input_size(resizer) or (kept.min_dimension, kept.min_dimension * 4 // 3)


def main() -> None:
    """Prints the cost of the model of the config on the command line."""
    from odapi_ssd.config.files import load_config

    print(json.dumps(asdict(measure(load_config(sys.argv[1]).model))))


if __name__ == "__main__":
    main()
