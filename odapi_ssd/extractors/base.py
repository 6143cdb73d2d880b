"""The base class of the feature extractors: the API's interface, and the maps that SSD adds.

A subclass makes a network, names the maps that are taken from it, and lists the maps that are added
after the last of them; `CONTRIBUTING.md` shows how to add one.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import tensorflow as tf
from object_detection.meta_architectures import ssd_meta_arch
from object_detection.utils import ops

from odapi_ssd.extractors.geometry import conv_size
from odapi_ssd.extractors.layers import LayerMaker
from odapi_ssd.messages import count_of

__all__ = ["AddedMap", "FeatureExtractor"]


@dataclass(frozen=True)
class AddedMap:
    """A map that SSD adds: a 1×1 convolution that reduces the channels, then another convolution.

    Attributes:
        narrow_depth: channels after the first convolution.
        depth: channels of the map.
        kernel: side of the second convolution's kernel.
        stride: of the second convolution.
        padding: zeros on each side before the second convolution.
    """

    narrow_depth: int
    depth: int
    kernel: int = 3
    stride: int = 1
    padding: int = 0

    def side(self, side_before: int) -> int:
        """The side of the map in cells, from that of the map before it."""
        return conv_size(side_before, self.kernel, self.stride, self.padding)


class FeatureExtractor(ssd_meta_arch.SSDKerasFeatureExtractor):
    """The feature maps of an SSD: those of a classification network, and smaller ones after them.

    Attributes:
        NETWORK: the network's name in messages.
        INPUT_SIDE: side of the square input that the maps were designed for.
        ADDED_MAPS: the maps after the network's.
        HAS_WIDTHS: whether the network comes in several widths, chosen by depth_multiplier.
        classification_backbone: the network up to the last map that is taken from it; a checkpoint
            of type "classification" restores it.
    """

    NETWORK: ClassVar[str]
    INPUT_SIDE: ClassVar[int]
    ADDED_MAPS: ClassVar[tuple[AddedMap, ...]]
    HAS_WIDTHS: ClassVar[bool] = False

    def __init__(self, *, num_layers: int | None = None, **options: Any) -> None:
        """Takes the arguments that the API's model builder gives every SSD extractor.

        Args:
            num_layers: how many maps to make, finest first; None for all.
            **options: of `SSDKerasFeatureExtractor`.
        Raises:
            ValueError: the extractor has fewer maps, or not this width.
        """
        super().__init__(**options)
        self.validate_fields(num_layers, self._depth_multiplier)
        self._num_layers = num_layers or self._max_num_maps()
        self._maker = LayerMaker(
            hyperparams=self._conv_hyperparams,
            trains_batch_norm=self._is_training and not self._freeze_batchnorm,
            overrides_network=self._override_base_feature_extractor_hyperparams,
        )
        self.classification_backbone: Any = None
        # Not an empty list: a checkpoint that is restored before `build`, as the API's exporter
        # does, would keep track of that list, and the maps would keep their random weights.
        self.added_maps: Any = None

    @staticmethod
    def network_sides(side: int) -> tuple[int, ...]:
        """The side of each of the network's maps in cells, for a side of the input in pixels."""
        raise NotImplementedError

    def make_network(self) -> tf.keras.Model:
        """The classification network; its outputs are the maps that are taken from it."""
        raise NotImplementedError

    def preprocess(self, resized_inputs: Any) -> Any:
        """Normalizes images as for the training of the network's published weights.

        Args:
            resized_inputs: float32 [B, H, W, 3], RGB, 0 to 255.
        Returns:
            float32 [B, H, W, 3].
        """
        raise NotImplementedError

    @classmethod
    def validate_fields(cls, num_layers: int | None, depth_multiplier: float) -> None:
        """Checks the fields of a config, without building anything.

        Raises:
            ValueError: the extractor cannot be built; the message names the field.
        """
        most = cls._max_num_maps()
        if num_layers is not None and not 1 <= num_layers <= most:
            raise ValueError(
                f"{cls.__name__} makes 1 to {most} feature maps; feature_extractor.num_layers asks "
                f"for {num_layers}"
            )
        if depth_multiplier != 1 and not cls.HAS_WIDTHS:
            raise ValueError(
                f"{cls.NETWORK} comes in one width; feature_extractor.depth_multiplier must be 1, "
                f"not {depth_multiplier:g}"
            )
        if depth_multiplier <= 0:
            raise ValueError(
                f"feature_extractor.depth_multiplier must be above 0, not {depth_multiplier:g}"
            )

    @classmethod
    def feature_grids(
        cls, input_hw: tuple[int, int], num_layers: int | None = None
    ) -> list[tuple[int, int]]:
        """Rows and columns of each feature map.

        Args:
            input_hw: height and width of the network's input in pixels.
            num_layers: how many maps; None for all.
        Raises:
            ValueError: the input is too small for so many maps.
        """
        grids = list(zip(*(cls._sides(side) for side in input_hw), strict=True))[:num_layers]
        if grids and min(grids[-1]) < 1:
            enough = next(side for side in itertools.count(1) if cls._sides(side)[len(grids) - 1])
            height, width = input_hw
            maps = count_of(len(grids), "feature map")
            raise ValueError(
                f"an input of {height}x{width} pixels is too small for {maps} of {cls.NETWORK}; "
                f"each side must have {enough} pixels or more"
            )
        return grids

    def build(self, input_shape: Any) -> None:
        """Makes the layers; Keras calls it before the first call of the extractor."""
        network = self.make_network()
        num_taken = min(len(network.outputs), self._num_layers)
        self.classification_backbone = tf.keras.Model(
            network.inputs, network.outputs[:num_taken], name=network.name
        )
        num_added = self._num_layers - num_taken
        self.added_maps = [
            self._make_added(f"added_{number}", added)
            for number, added in enumerate(self.ADDED_MAPS[:num_added], start=1)
        ]
        self.built = True

    def normalize_maps(self, maps: Sequence[Any]) -> list[Any]:
        """The network's maps as the box predictors get them; unchanged if not overridden."""
        return list(maps)

    def _extract_features(self, preprocessed_inputs: Any) -> list[Any]:
        """Feature maps: a list of float32 [B, rows, columns, depth], finest first.

        Args:
            preprocessed_inputs: float32 [B, H, W, 3] from `preprocess`.
        Raises:
            ValueError: the input is too small.
        """
        padded = ops.pad_to_multiple(preprocessed_inputs, self._pad_to_multiple)
        if None not in padded.shape[1:3]:
            self.feature_grids(tuple(padded.shape[1:3]), self._num_layers)
        network_maps = tf.nest.flatten(self.classification_backbone(padded))
        maps, last = self.normalize_maps(network_maps), network_maps[-1]
        for added in self.added_maps:
            last = added(last)
            maps.append(last)
        return maps

    @classmethod
    def _sides(cls, side: int) -> list[int]:
        sides = list(cls.network_sides(side))
        for added in cls.ADDED_MAPS:
            sides.append(added.side(sides[-1]))
        return sides

    @classmethod
    def _max_num_maps(cls) -> int:
        return len(cls._sides(cls.INPUT_SIDE))

    def _make_added(self, name: str, added: AddedMap) -> tf.keras.Model:
        narrow = self._maker.convolution(f"{name}_1", self._depth(added.narrow_depth), 1)
        make_map = self._maker.convolution(
            f"{name}_2",
            self._depth(added.depth),
            added.kernel,
            padding=added.padding,
            strides=added.stride,
            separable=self._use_depthwise,
        )
        return tf.keras.Sequential([*narrow, *make_map], name=name)

    def _depth(self, depth: int) -> int:
        return max(int(depth * self._depth_multiplier), self._min_depth)
