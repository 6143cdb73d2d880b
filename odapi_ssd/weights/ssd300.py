"""The layers of SSD300 on VGG-16, by our names: the model that weights of whole detectors fill.

Liu et al., "SSD" (arXiv:1512.02325), section 3; the layers are made in `extractors.vgg16` and, for
the predictions, by the API's `convolutional_box_predictor`.
"""

from dataclasses import dataclass

__all__ = ["ADDED", "BOXES_PER_CELL", "INPUT_SIDE", "NETWORK", "NORM", "Convolution", "heads"]


@dataclass(frozen=True)
class Convolution:
    """A convolution with a bias.

    Attributes:
        name: of our layer.
        kernel: side of its kernel.
        depth_in: channels of its input.
        depth: channels of its output.
    """

    name: str
    kernel: int
    depth_in: int
    depth: int


def _chain(depth_in: int, *layers: tuple[str, int, int]) -> tuple[Convolution, ...]:
    """Consecutive convolutions, each given by name, kernel side and output depth."""
    convolutions = []
    for name, kernel, depth in layers:
        convolutions.append(Convolution(name, kernel, depth_in, depth))
        depth_in = depth
    return tuple(convolutions)


# Keras's names for VGG-16's layers: block4_conv3 is the paper's conv4_3.
NETWORK = _chain(
    3,
    *(("block1_conv1", 3, 64), ("block1_conv2", 3, 64)),
    *(("block2_conv1", 3, 128), ("block2_conv2", 3, 128)),
    *((f"block3_conv{number}", 3, 256) for number in (1, 2, 3)),
    *((f"block4_conv{number}", 3, 512) for number in (1, 2, 3)),
    *((f"block5_conv{number}", 3, 512) for number in (1, 2, 3)),
    *(("conv6", 3, 1024), ("conv7", 1, 1024)),
)
# conv8_1 to conv11_2
ADDED = _chain(
    1024,
    *(("added_1_1", 1, 256), ("added_1_2", 3, 512)),
    *(("added_2_1", 1, 128), ("added_2_2", 3, 256)),
    *(("added_3_1", 1, 128), ("added_3_2", 3, 256)),
    *(("added_4_1", 1, 128), ("added_4_2", 3, 256)),
)
# The scale of conv4_3's L2 normalization.
NORM = "conv4_3_norm/scale"
INPUT_SIDE = 300
BOXES_PER_CELL = (4, 6, 6, 6, 4, 4)
_MAP_DEPTHS = (512, 1024, 512, 256, 256, 256)


def heads(kind: str, per_box: int) -> tuple[Convolution, ...]:
    """The convolutions that predict from the six feature maps.

    Args:
        kind: "boxes" or "classes"; the layers are named `boxes_0` and so on.
        per_box: outputs for each box: 4, or the number of classes with background.
    """
    return tuple(
        Convolution(f"{kind}_{number}", 3, depth, num_boxes * per_box)
        for number, (depth, num_boxes) in enumerate(zip(_MAP_DEPTHS, BOXES_PER_CELL, strict=True))
    )
