"""The ranges of numeric fields of a pipeline config: those outside which nothing can work.

A field that is not listed may have any value, or is checked together with others where they are.
Ranges are those of the quantities themselves (a share, a probability, a length, a weight), so that
no config that trains is refused. A field whose sense depends on another one, such as a threshold of
a matcher, is checked with the part that it belongs to.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["RANGES", "SHARE", "NumberRange"]


@dataclass(frozen=True)
class NumberRange:
    """An interval of numbers.

    Attributes:
        least: the lower bound.
        most: the upper bound; infinite for none.
        is_open_below: the lower bound itself is outside.
        is_open_above: the upper bound itself is outside.
    """

    least: float
    most: float = math.inf
    is_open_below: bool = False
    is_open_above: bool = False

    def __contains__(self, number: float) -> bool:
        """Whether a number is in the interval; NaN never is."""
        is_above = number > self.least if self.is_open_below else number >= self.least
        is_below = number < self.most if self.is_open_above else number <= self.most
        return is_above and is_below

    def __str__(self) -> str:
        least = f"above {self.least:g}" if self.is_open_below else f"{self.least:g} or more"
        if self.most == math.inf:
            return least
        if self.is_open_below or self.is_open_above:
            return f"{least} and {'below' if self.is_open_above else 'at most'} {self.most:g}"
        return f"{self.least:g} to {self.most:g}"


SHARE = NumberRange(0, 1)
_NOT_NEGATIVE = NumberRange(0)
_POSITIVE = NumberRange(0, is_open_below=True)
_ONE_OR_MORE = NumberRange(1)
_KEPT = NumberRange(0, 1, is_open_below=True)  # with nothing kept there is nothing left
_REMEMBERED = NumberRange(0, 1, is_open_above=True)  # what remembers all never learns


def _each(number_range: NumberRange, *names: str) -> dict[str, NumberRange]:
    return dict.fromkeys(names, number_range)


_TRAINING: dict[str, Mapping[str, NumberRange]] = {
    "TrainConfig": _each(_NOT_NEGATIVE, "gradient_clipping_by_norm", "bias_grad_multiplier"),
    "Optimizer": _each(SHARE, "moving_average_decay"),
    "MomentumOptimizer": _each(_REMEMBERED, "momentum_optimizer_value"),
    "RMSPropOptimizer": {
        **_each(_REMEMBERED, "momentum_optimizer_value", "decay"),
        **_each(_POSITIVE, "epsilon"),
    },
    "AdamOptimizer": _each(_POSITIVE, "epsilon"),
    "ExponentialDecayLearningRate": {
        **_each(_POSITIVE, "decay_factor"),
        **_each(_ONE_OR_MORE, "decay_steps"),
    },
    "InputReader": {
        **_each(
            _ONE_OR_MORE,
            "max_number_of_boxes",
            "num_readers",
            "read_block_length",
        ),
        **_each(_NOT_NEGATIVE, "num_additional_channels", "sample_from_datasets_weights"),
        **_each(NumberRange(-1), "num_prefetch_batches"),  # -1 lets TensorFlow choose
    },
    "EvalConfig": {
        **_each(SHARE, "min_score_threshold", "recall_lower_bound", "recall_upper_bound"),
        **_each(_ONE_OR_MORE, "batch_size"),
    },
}

_CROP = _each(SHARE, "min_object_covered", "min_area", "max_area", "overlap_thresh", "random_coef")
_CROP_OF_RATIO = {**_CROP, **_each(_NOT_NEGATIVE, "min_aspect_ratio", "max_aspect_ratio")}
_AUGMENTATION: dict[str, Mapping[str, NumberRange]] = {
    **dict.fromkeys(
        ("RandomHorizontalFlip", "RandomVerticalFlip", "RandomRotation90", "RandomRGBtoGray"),
        _each(SHARE, "probability"),
    ),
    **dict.fromkeys(
        ("RandomCropImage", "RandomCropPadImage", "SSDRandomCropOperation",
         "SSDRandomCropPadOperation", "SSDRandomCropPadFixedAspectRatioOperation"),
        _CROP_OF_RATIO,
    ),
    "SSDRandomCropFixedAspectRatioOperation": _CROP,
    "RandomCropToAspectRatio": {**_each(_POSITIVE, "aspect_ratio"),
                                **_each(SHARE, "overlap_thresh")},
    "SSDRandomCropFixedAspectRatio": _each(_POSITIVE, "aspect_ratio"),
    "SSDRandomCropPadFixedAspectRatio": _each(_POSITIVE, "aspect_ratio"),
    "RandomImageScale": _each(_POSITIVE, "min_scale_ratio", "max_scale_ratio"),
    "RandomAdjustBrightness": _each(_NOT_NEGATIVE, "max_delta"),
    "RandomAdjustContrast": _each(_NOT_NEGATIVE, "min_delta", "max_delta"),
    "RandomAdjustHue": _each(NumberRange(0, 0.5), "max_delta"),  # half of the circle of hues
    "RandomAdjustSaturation": _each(_NOT_NEGATIVE, "min_delta", "max_delta"),
    "RandomJitterBoxes": _each(_NOT_NEGATIVE, "ratio"),
    "RandomBlackPatches": {**_each(_NOT_NEGATIVE, "max_black_patches"),
                           **_each(SHARE, "probability", "size_to_image_ratio")},
    "RandomResizeMethod": _each(_ONE_OR_MORE, "target_height", "target_width"),
    "ResizeImage": _each(_ONE_OR_MORE, "new_height", "new_width"),
    "RandomSelfConcatImage": _each(
        SHARE, "concat_vertical_probability", "concat_horizontal_probability"
    ),
    "DropLabelProbabilistically": _each(SHARE, "drop_probability"),
    "RandomJpegQuality": {
        **_each(SHARE, "random_coef"),
        **_each(NumberRange(0, 100), "min_jpeg_quality", "max_jpeg_quality"),
    },
    "RandomDownscaleToTargetPixels": {
        **_each(SHARE, "random_coef"),
        **_each(_ONE_OR_MORE, "min_target_pixels", "max_target_pixels"),
    },
    "RandomPatchGaussian": {
        **_each(SHARE, "random_coef"),
        **_each(_ONE_OR_MORE, "min_patch_size", "max_patch_size"),
        **_each(_NOT_NEGATIVE, "min_gaussian_stddev", "max_gaussian_stddev"),
    },
    "RandomSquareCropByScale": {
        **_each(_POSITIVE, "scale_min", "scale_max"),
        **_each(_ONE_OR_MORE, "num_scales"),
    },
    "RandomScaleCropAndPadToSquare": {
        **_each(_POSITIVE, "scale_min", "scale_max"),
        **_each(_ONE_OR_MORE, "output_size"),
    },
}  # fmt: skip

_NETWORK: dict[str, Mapping[str, NumberRange]] = {
    "SsdFeatureExtractor": {
        **_each(_POSITIVE, "depth_multiplier"),
        **_each(_ONE_OR_MORE, "pad_to_multiple"),
    },
    "CenterNetFeatureExtractor": _each(_POSITIVE, "depth_multiplier", "channel_stds"),
    "L1Regularizer": _each(_NOT_NEGATIVE, "weight"),
    "L2Regularizer": _each(_NOT_NEGATIVE, "weight"),
    "TruncatedNormalInitializer": _each(_NOT_NEGATIVE, "stddev"),
    "RandomNormalInitializer": _each(_NOT_NEGATIVE, "stddev"),
    "VarianceScalingInitializer": _each(_POSITIVE, "factor"),
    "BatchNorm": {**_each(SHARE, "decay"), **_each(_NOT_NEGATIVE, "epsilon")},
    "ConvolutionalBoxPredictor": _each(_KEPT, "dropout_keep_probability"),
    "WeightSharedConvolutionalBoxPredictor": _each(_KEPT, "dropout_keep_probability"),
    "MaskRCNNBoxPredictor": _each(_KEPT, "dropout_keep_probability"),
    "GridAnchorGenerator": {
        **_each(_ONE_OR_MORE, "height", "width", "height_stride", "width_stride"),
        **_each(_POSITIVE, "scales", "aspect_ratios"),
    },
    "SsdAnchorGenerator": {
        **_each(_ONE_OR_MORE, "num_layers", "height_stride", "width_stride"),
        **_each(_POSITIVE, "min_scale", "max_scale", "scales", "aspect_ratios"),
        **_each(_POSITIVE, "base_anchor_height", "base_anchor_width"),
    },
    "MultiscaleAnchorGenerator": {
        **_each(_POSITIVE, "anchor_scale", "aspect_ratios"),
        **_each(_ONE_OR_MORE, "scales_per_octave"),
        **_each(NumberRange(0, 30), "min_level", "max_level"),  # strides of 2^level
    },
    "AnchorGrid": _each(_POSITIVE, "base_sizes", "aspect_ratios"),
    **{
        name: _each(_POSITIVE, "y_scale", "x_scale", "height_scale", "width_scale")
        for name in ("FasterRcnnBoxCoder", "KeypointBoxCoder")
    },
    "SquareBoxCoder": _each(_POSITIVE, "y_scale", "x_scale", "length_scale"),
    "MeanStddevBoxCoder": _each(_POSITIVE, "stddev"),
}

_LOSS: dict[str, Mapping[str, NumberRange]] = {
    "Ssd": _each(_NOT_NEGATIVE, "negative_class_weight", "implicit_example_weight"),
    "Loss": _each(
        _NOT_NEGATIVE,
        "classification_weight",
        "localization_weight",
        "min_num_negative_samples",
        "desired_negative_sampling_ratio",
    ),
    "Loss.EqualizationLoss": _each(_NOT_NEGATIVE, "weight"),
    "Ssd.MaskHead": _each(_NOT_NEGATIVE, "mask_loss_weight"),
    "WeightedSmoothL1LocalizationLoss": _each(_POSITIVE, "delta"),
    "WeightedSoftmaxClassificationLoss": _each(_POSITIVE, "logit_scale"),
    "WeightedSoftmaxClassificationAgainstLogitsLoss": _each(_POSITIVE, "logit_scale"),
    "BootstrappedSigmoidClassificationLoss": _each(SHARE, "alpha"),
    "SigmoidFocalClassificationLoss": {**_each(_NOT_NEGATIVE, "gamma"), **_each(SHARE, "alpha")},
    "PenaltyReducedLogisticFocalLoss": _each(_NOT_NEGATIVE, "alpha", "beta"),
    "HardExampleMiner": _each(SHARE, "iou_threshold"),
    "RandomExampleSampler": _each(SHARE, "positive_sample_fraction"),
    "ThresholdedIouSimilarity": _each(SHARE, "iou_threshold"),
    "PostProcessing": _each(_POSITIVE, "logit_scale"),
    "BatchNonMaxSuppression": {
        **_each(SHARE, "iou_threshold"),
        **_each(_NOT_NEGATIVE, "soft_nms_sigma"),
        **_each(_ONE_OR_MORE, "max_detections_per_class", "max_total_detections",
                "max_classes_per_detection"),
    },
    "FasterRcnn": {
        **_each(SHARE, "first_stage_positive_balance_fraction", "second_stage_balance_fraction",
                "first_stage_nms_iou_threshold"),
        **_each(_NOT_NEGATIVE, "first_stage_localization_loss_weight",
                "first_stage_objectness_loss_weight", "second_stage_localization_loss_weight",
                "second_stage_classification_loss_weight",
                "second_stage_mask_prediction_loss_weight"),
        **_each(_ONE_OR_MORE, "first_stage_minibatch_size", "first_stage_max_proposals",
                "second_stage_batch_size"),
    },
    "CenterNet.ObjectDetection": _each(
        _NOT_NEGATIVE, "task_loss_weight", "offset_loss_weight", "scale_loss_weight"
    ),
    "CenterNet.ObjectCenterParams": {
        **_each(_NOT_NEGATIVE, "object_center_loss_weight", "keypoint_weights_for_center"),
        **_each(SHARE, "min_box_overlap_iou"),
        **_each(_ONE_OR_MORE, "max_box_predictions"),
    },
    "CenterNet.KeypointEstimation": _each(
        _NOT_NEGATIVE, "task_loss_weight", "keypoint_regression_loss_weight",
        "keypoint_heatmap_loss_weight", "keypoint_offset_loss_weight", "keypoint_depth_loss_weight",
    ),
    **{
        f"CenterNet.{name}": _each(_NOT_NEGATIVE, "task_loss_weight")
        for name in ("MaskEstimation", "DensePoseEstimation", "TrackEstimation",
                     "TemporalOffsetEstimation", "DeepMACMaskEstimation")
    },
}  # fmt: skip

# By the full name of the message, without the API's package.
RANGES: Mapping[str, Mapping[str, NumberRange]] = {
    **_TRAINING,
    **_AUGMENTATION,
    **_NETWORK,
    **_LOSS,
}
