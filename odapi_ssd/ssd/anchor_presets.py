"""Published settings of SSD's anchors; `anchors.preset` turns them into boxes.

Liu et al., "SSD: Single Shot MultiBox Detector" (arXiv:1512.02325), section 2.2 and the settings of
the original Caffe branch; "linear" is the setting of the PyTorch SSD300 tutorial
(a-PyTorch-Tutorial-to-Object-Detection), whose scales grow linearly from the second map on.
"""

from dataclasses import dataclass

__all__ = ["CELL_ORDERS", "SETTINGS", "Setting"]

# "caffe": each ratio is followed by its inverse; torchvision does the same. "tutorial": the ratios
# above 1 first, then their inverses. With the ratio 2 alone, both are the same.
CELL_ORDERS = ("caffe", "tutorial")


@dataclass(frozen=True)
class Setting:
    """One published setting; the tuples have one entry per feature map, finest first.

    Attributes:
        image_side: side of the square input in pixels; 1 if all lengths are normalized.
        grids: cells along a side of the feature map.
        steps: distance between the centers of neighboring cells, in pixels or normalized as
            `image_side` is; the same holds for all lengths. The first center is half a step from
            the edge.
        min_sizes: side of the first square; the rectangles have the same area.
        max_sizes: the second square has the side √(min·max).
        ratios: aspect ratios (width / height) above 1; each is used together with its inverse.
        inverses: pairs of a ratio and its inverse, as the source rounds it.
        default_order: the source's own order, one of CELL_ORDERS.
    """

    image_side: float
    grids: tuple[int, ...]
    steps: tuple[float, ...]
    min_sizes: tuple[float, ...]
    max_sizes: tuple[float, ...]
    ratios: tuple[tuple[float, ...], ...]
    inverses: tuple[tuple[float, float], ...] = ((2, 1 / 2), (3, 1 / 3))
    default_order: str = "caffe"


_GRIDS_300 = (38, 19, 10, 5, 3, 1)
_STEPS_300 = (8, 16, 32, 64, 100, 300)
_RATIOS_300: tuple[tuple[float, ...], ...] = ((2,), (2, 3), (2, 3), (2, 3), (2,), (2,))
_GRIDS_512 = (64, 32, 16, 8, 4, 2, 1)
_STEPS_512 = (8, 16, 32, 64, 128, 256, 512)
_RATIOS_512: tuple[tuple[float, ...], ...] = ((2,), (2, 3), (2, 3), (2, 3), (2, 3), (2,), (2,))

SETTINGS = {
    "ssd300_voc": Setting(
        image_side=300,
        grids=_GRIDS_300,
        steps=_STEPS_300,
        min_sizes=(30, 60, 111, 162, 213, 264),
        max_sizes=(60, 111, 162, 213, 264, 315),
        ratios=_RATIOS_300,
    ),
    "ssd300_coco": Setting(
        image_side=300,
        grids=_GRIDS_300,
        steps=_STEPS_300,
        min_sizes=(21, 45, 99, 153, 207, 261),
        max_sizes=(45, 99, 153, 207, 261, 315),
        ratios=_RATIOS_300,
    ),
    "ssd300_linear": Setting(
        image_side=1,
        grids=_GRIDS_300,
        steps=tuple(1 / grid for grid in _GRIDS_300),
        min_sizes=(0.1, 0.2, 0.375, 0.55, 0.725, 0.9),
        # The last map's second square is the whole image, not √(0.9·1), which the API would take.
        max_sizes=(0.2, 0.375, 0.55, 0.725, 0.9, 1 / 0.9),
        ratios=_RATIOS_300,
        inverses=((2, 0.5), (3, 0.333)),
        default_order="tutorial",
    ),
    "ssd512_voc": Setting(
        image_side=512,
        grids=_GRIDS_512,
        steps=_STEPS_512,
        min_sizes=(35.84, 76.8, 153.6, 230.4, 307.2, 384.0, 460.8),
        max_sizes=(76.8, 153.6, 230.4, 307.2, 384.0, 460.8, 537.6),
        ratios=_RATIOS_512,
    ),
    "ssd512_coco": Setting(
        image_side=512,
        grids=_GRIDS_512,
        steps=_STEPS_512,
        min_sizes=(20.48, 51.2, 133.12, 215.04, 296.96, 378.88, 460.8),
        max_sizes=(51.2, 133.12, 215.04, 296.96, 378.88, 460.8, 542.72),
        ratios=_RATIOS_512,
    ),
}
