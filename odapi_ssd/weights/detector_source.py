"""How another program's SSD300 on VGG-16 differs from ours, and the mapping rules that follow.

The axes of kernels are in another order, boxes are predicted as x, y, w, h where the API has
y, x, h, w, the boxes of a cell may come in another order, and images were normalized differently.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from odapi_ssd.errors import OdapiError
from odapi_ssd.ssd.anchors import AnchorSpec
from odapi_ssd.weights import ssd300
from odapi_ssd.weights.mapping import Array, Rule, StoredArray, shape_text, unchanged

__all__ = ["SLIM", "TORCH", "DetectorSource", "Layout", "detector_rules", "num_classes"]

# The API's ty, tx, th, tw among the sources' tx, ty, tw, th.
_YXHW = [1, 0, 3, 2]
# More than any dataset has. A file cannot ask for heads of any size: they would be built.
_MAX_CLASSES = 10_000


@dataclass(frozen=True)
class Layout:
    """How a library stores a convolution.

    Attributes:
        kernel: the ending of its kernel's name.
        bias: the ending of its bias's name.
        axes: the kernel's axes in TensorFlow's order: height, width, input, output.
    """

    kernel: str
    bias: str
    axes: tuple[int, int, int, int]

    def kernel_shape(self, convolution: ssd300.Convolution) -> tuple[int, ...]:
        """The shape of a convolution's kernel in the file."""
        side = convolution.kernel
        sizes = (side, side, convolution.depth_in, convolution.depth)
        shape = [0] * 4
        for axis, size in zip(self.axes, sizes, strict=True):
            shape[axis] = size
        return tuple(shape)

    def to_tensorflow(self, kernel: Array) -> Array:
        """A kernel of the file, transposed to [height, width, input, output]."""
        return kernel.transpose(self.axes)


TORCH = Layout(".weight", ".bias", (2, 3, 1, 0))
SLIM = Layout("/weights", "/biases", (0, 1, 2, 3))


@dataclass(frozen=True)
class DetectorSource:
    """One program's SSD300 on VGG-16.

    Attributes:
        title: its name in messages.
        read: reads its weight file: from a path to arrays by name.
        layout: how it stores convolutions.
        layers: its name for each of our layers.
        norm: its name for the scale of conv4_3's L2 normalization.
        norm_shapes: the shapes that this scale is known to have.
        channel_means: subtracted from an image: red, green, blue, 0 to 255.
        channel_factors: multiplied with the difference.
        anchors: its anchors, normalized, the boxes of a cell in its order.
        template: the template whose model, data and loss suit it best.
    """

    title: str
    read: Callable[[str], Mapping[str, StoredArray]]
    layout: Layout
    layers: Mapping[str, str]
    norm: str
    norm_shapes: tuple[tuple[int, ...], ...]
    channel_means: tuple[float, float, float]
    channel_factors: tuple[float, float, float]
    anchors: AnchorSpec
    template: str


def num_classes(source: DetectorSource, stored: Mapping[str, StoredArray], origin: str) -> int:
    """The number of classes of a file's detector, without background, from its first class head.

    Raises:
        OdapiError: that head is missing, or its length is not a multiple of its four boxes.
    """
    head = ssd300.heads("classes", 1)[0]
    name = source.layers[head.name] + source.layout.bias
    if name not in stored:
        raise OdapiError(f"{origin} is not {source.title}: it has no array {name}.")
    shape, boxes = stored[name].shape, ssd300.BOXES_PER_CELL[0]
    with_background = shape[0] // boxes if len(shape) == 1 and shape[0] % boxes == 0 else 0
    if not 2 <= with_background <= _MAX_CLASSES:
        raise OdapiError(
            f"{origin} is not {source.title}: {name} has the shape {shape_text(shape)}; expected "
            f"{boxes} boxes times the number of classes, background included."
        )
    return with_background - 1


def detector_rules(
    source: DetectorSource,
    stored: Mapping[str, StoredArray],
    num_classes: int,
    cell_orders: Sequence[Sequence[int]],
) -> list[Rule]:
    """The mapping rules for all variables of a detector.

    Args:
        source: the program that the detector comes from.
        stored: the file's arrays; they decide which of the source's `norm_shapes` is expected.
        num_classes: without the background.
        cell_orders: for each feature map, the source's index of each box of our cells.
    """
    rules = []
    for convolution in (*ssd300.NETWORK, *ssd300.ADDED):
        rules += _convolution_rules(source, convolution, unchanged)
    for kind, per_box, within_box in (
        ("boxes", 4, _YXHW),
        ("classes", num_classes + 1, list(range(num_classes + 1))),
    ):
        for head, order in zip(ssd300.heads(kind, per_box), cell_orders, strict=True):
            channels = np.add.outer(np.array(order) * per_box, within_box).ravel()
            rules += _convolution_rules(source, head, _select_channels(channels))
    return [*rules, _norm_rule(source, stored)]


def _select_channels(channels: Array) -> Callable[[Array], Array]:
    return lambda array: array[..., channels]


def _convolution_rules(
    source: DetectorSource, convolution: ssd300.Convolution, reorder: Callable[[Array], Array]
) -> list[Rule]:
    layout, name = source.layout, source.layers[convolution.name]
    return [
        Rule(
            f"{convolution.name}/kernel",
            name + layout.kernel,
            layout.kernel_shape(convolution),
            lambda kernel: reorder(layout.to_tensorflow(kernel)),
        ),
        Rule(f"{convolution.name}/bias", name + layout.bias, (convolution.depth,), reorder),
    ]


def _norm_rule(source: DetectorSource, stored: Mapping[str, StoredArray]) -> Rule:
    shape = source.norm_shapes[0]
    if source.norm in stored and stored[source.norm].shape in source.norm_shapes:
        shape = stored[source.norm].shape
    return Rule(ssd300.NORM, source.norm, shape, lambda factors: factors.reshape(-1))
