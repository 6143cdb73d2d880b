"""What all feature extractors of this project have in common: the API's interface, the added maps.

A subclass names its network's maps and the layers that are added after the last of them; see
`CONTRIBUTING.md` on adding one.
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
    """A map that SSD adds: a 1×1 convolution that narrows, then one that makes the map.

    Attributes:
        narrow_depth: channels in between.
        depth: channels of the map.
        kernel: side of the second convolution's kernel.
        stride: of the second convolution.
        padding: zeros on each side before it.
    """

    narrow_depth: int
    depth: int
    kernel: int = 3
    stride: int = 1
    padding: int = 0

    def side(self, side_before: int) -> int:
        """A side of the map in cells."""
        return conv_size(side_before, self.kernel, self.stride, self.padding)


class FeatureExtractor(ssd_meta_arch.SSDKerasFeatureExtractor):
    """An SSD's feature maps: those of a classification network, and smaller ones added to them.

    Attributes:
        NETWORK: the network's name for readers.
        INPUT_SIDE: side of the square input that the maps were laid out for.
        ADDED_MAPS: the maps after the network's.
        HAS_WIDTHS: whether the network comes in several widths, chosen by depth_multiplier.
        classification_backbone: the network up to the last map that is taken from it; what a
            checkpoint of type "classification" restores.
    """

    NETWORK: ClassVar[str]
    INPUT_SIDE: ClassVar[int]
    ADDED_MAPS: ClassVar[tuple[AddedMap, ...]]
    HAS_WIDTHS: ClassVar[bool] = False

    def __init__(self, *, num_layers: int | None = None, **options: Any) -> None:
        """Takes what the API's model builder gives every SSD extractor.

        Args:
            num_layers: how many maps to make, finest first; None for all.
            **options: of `SSDKerasFeatureExtractor`.
        Raises:
            ValueError: the config asks for what this extractor does not have.
        """
        super().__init__(**options)
        self.require_known(num_layers, self._depth_multiplier)
        self._num_layers = num_layers or self._max_num_maps()
        self._maker = LayerMaker(
            hyperparams=self._conv_hyperparams,
            trains_batch_norm=self._is_training and not self._freeze_batchnorm,
            overrides_network=self._override_base_feature_extractor_hyperparams,
        )
        self.classification_backbone: Any = None
        # No list before `build`: a checkpoint that is restored earlier, as the API's exporter does,
        # would hold on to it, and the maps stay random.
        self.added_maps: Any = None

    @staticmethod
    def network_sides(side: int) -> tuple[int, ...]:
        """A side of each of the network's maps, for an input's side in pixels."""
        raise NotImplementedError

    def make_network(self) -> tf.keras.Model:
        """The network, its outputs being its maps."""
        raise NotImplementedError

    def preprocess(self, resized_inputs: Any) -> Any:
        """Normalizes images as the network's published weights were trained.

        Args:
            resized_inputs: float32 [B, H, W, 3], RGB, 0 to 255.
        Returns:
            float32 [B, H, W, 3].
        """
        raise NotImplementedError

    @classmethod
    def require_known(cls, num_layers: int | None, depth_multiplier: float) -> None:
        """Tells without building anything whether a config's extractor can be built.

        Raises:
            ValueError: it cannot; the message names the field.
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
            num_layers: how many maps are made, as many as there are at most; None for all.
        Raises:
            ValueError: the input is too small for that many.
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
        """Makes the layers, as the API's extractors do."""
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
        """The network's maps as the box predictors see them; unchanged if not overridden."""
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
