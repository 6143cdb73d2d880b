"""Sizes of feature maps after a layer; Dumoulin & Visin, arXiv:1603.07285, section 2.

One side at a time, as height and width do not depend on each other. No TensorFlow.
"""

__all__ = ["conv_size", "same_size"]


def same_size(side: int, times: int = 1) -> int:
    """The side after layers of stride 2 with "same" padding: half of it, rounded up, each time."""
    return -(-side // 2**times)


def conv_size(side: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """The side after a convolution or a pooling; 0 if the kernel does not fit.

    Args:
        side: before it, in cells.
        kernel: side of the kernel.
        stride: of the kernel.
        padding: cells added on both ends.
    """
    return max(0, (side + 2 * padding - kernel) // stride + 1)
