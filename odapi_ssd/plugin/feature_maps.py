"""Sizes of a feature extractor's maps, without building the network, which takes seconds.

They follow from the strides of the layers. Those of the API's own SSD extractors are here; the
extractors of this project compute theirs; other extractors have to be built.

`odapi_ssd.register()` must have been called.
"""

import itertools
from collections.abc import Sequence
from typing import Any

from odapi_ssd.extractors.registry import EXTRACTORS

__all__ = [
    "feature_grids",
    "input_size",
    "min_input_side",
    "num_layers_of",
    "own_extractor_class",
    "pyramid_levels",
]

_MULTI_RESOLUTION = ("ssd_mobilenet_v1_keras", "ssd_mobilenet_v2_keras")
_MAX_MULTI_RESOLUTION_LAYERS = 6
_FINEST_LEVEL = 4
_BACKBONE_MAX_LEVEL = 5


def input_size(image_resizer: Any) -> tuple[int, int] | None:
    """Height and width of the network's input; None if they vary from image to image."""
    if image_resizer.HasField("fixed_shape_resizer"):
        fixed = image_resizer.fixed_shape_resizer
        return fixed.height, fixed.width
    if image_resizer.HasField("keep_aspect_ratio_resizer"):
        kept = image_resizer.keep_aspect_ratio_resizer
        return (kept.max_dimension,) * 2 if kept.pad_to_max_dimension else None
    return None


def pyramid_levels(feature_extractor: Any) -> tuple[int, int] | None:
    """The lowest and highest level of a feature pyramid; None for an extractor without one."""
    if "_bifpn_" in feature_extractor.type:
        return feature_extractor.bifpn.min_level, feature_extractor.bifpn.max_level
    if "_fpn_" in feature_extractor.type:
        return feature_extractor.fpn.min_level, feature_extractor.fpn.max_level
    return None


def own_extractor_class(feature_extractor: Any) -> Any:
    """The class of an extractor of this project; None for any other type."""
    if feature_extractor.type not in EXTRACTORS:
        return None
    return EXTRACTORS[feature_extractor.type].load_class()


def num_layers_of(feature_extractor: Any) -> int | None:
    """The number of feature maps that the config sets; None if the extractor decides."""
    return feature_extractor.num_layers if feature_extractor.HasField("num_layers") else None


def min_input_side(feature_extractor: Any) -> int:
    """The shortest input side that an extractor accepts, in pixels; 1 if it has no minimum.

    That of this project's extractors depends on the number of maps: `feature_grids` checks it.
    """
    if feature_extractor.type in EXTRACTORS:
        return 1
    if "mobilenet" in feature_extractor.type:
        return 33
    return 129 if pyramid_levels(feature_extractor) else 1


def feature_grids(
    feature_extractor: Any, input_hw: tuple[int, int]
) -> list[tuple[int, int]] | None:
    """Height and width of each feature map, finest first.

    Args:
        feature_extractor: an `ssd_pb2.SsdFeatureExtractor`.
        input_hw: the network's input, in pixels.

    Returns:
        None if the sizes are known only by building the extractor.

    Raises:
        ValueError: the extractor cannot be built, its pyramid's levels do not match at this input
            size, or the input is too small. The message says which sizes are possible.
    """
    least = min_input_side(feature_extractor)
    if min(input_hw) < least:
        raise ValueError(
            f"images are {input_hw[0]}x{input_hw[1]}; {feature_extractor.type} takes no side under "
            f"{least} pixels"
        )
    multiple = max(1, feature_extractor.pad_to_multiple)
    padded = tuple(-(-side // multiple) * multiple for side in input_hw)
    levels = pyramid_levels(feature_extractor)
    if levels is not None:
        is_bidirectional = "_bifpn_" in feature_extractor.type
        coarsest_merged = levels[1] if is_bidirectional else min(levels[1], _BACKBONE_MAX_LEVEL)
        _require_even_halving(padded, levels[0], coarsest_merged)
        return _grids(padded, range(levels[0], levels[1] + 1))
    count = num_layers_of(feature_extractor)
    if feature_extractor.type in _MULTI_RESOLUTION:
        most = _MAX_MULTI_RESOLUTION_LAYERS
        count = most if count is None else min(count, most)
        return _grids(padded, range(_FINEST_LEVEL, _FINEST_LEVEL + count))
    extractor_class = own_extractor_class(feature_extractor)
    if extractor_class is None:
        return None
    extractor_class.validate_fields(count, feature_extractor.depth_multiplier)
    return extractor_class.feature_grids(padded, count)


def _grids(input_hw: Sequence[int], levels: range) -> list[tuple[int, int]]:
    height, width = input_hw
    return [(-(-height // 2**level), -(-width // 2**level)) for level in levels]


def _require_even_halving(input_hw: Sequence[int], finest: int, coarsest: int) -> None:
    """A pyramid adds each level, upsampled by 2, to the one below: sizes must double exactly."""
    grids = _grids(input_hw, range(finest, coarsest + 1))
    for fine, coarse in itertools.pairwise(grids):
        if fine != (2 * coarse[0], 2 * coarse[1]):
            height, width = input_hw
            step = 2**coarsest
            near = sorted({max(1, side // step + up) * step for side in input_hw for up in (0, 1)})
            raise ValueError(
                f"the feature pyramid merges levels {finest} to {coarsest}, which fit onto each "
                f"other only if the input's sides are multiples of {step}, not {height}x{width} "
                f"(nearest: {', '.join(map(str, near))})"
            )
