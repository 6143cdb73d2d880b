"""The API's SSD meta-architecture with the batched loss of `odapi_ssd.ssd`.

The API assigns targets image by image, and mines hard examples by a non-maximum suppression over
all anchors, even with thresholds that suppress none. The batched loss has the same values; it is
used unless the config has something that it does not compute (`fallback_reasons`).
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf
from object_detection.box_coders import faster_rcnn_box_coder
from object_detection.core import losses as api_losses
from object_detection.core import region_similarity_calculator, standard_fields
from object_detection.matchers import argmax_matcher
from object_detection.meta_architectures import ssd_meta_arch

from odapi_ssd.ssd import losses, matching, targets
from odapi_ssd.ssd.boxes import areas

__all__ = ["SSDMetaArch", "describe_loss", "fallback_reasons", "use_batched_loss"]

_FIELDS = standard_fields.BoxListFields


class SSDMetaArch(ssd_meta_arch.SSDMetaArch):
    """`ssd_meta_arch.SSDMetaArch` with a batched loss; see `use_batched_loss`."""

    # No function here needs AutoGraph, and converting them takes longer than tracing them.
    @tf.autograph.experimental.do_not_convert
    def loss(
        self, prediction_dict: Mapping[str, Any], true_image_shapes: Any, scope: str | None = None
    ) -> dict[str, tf.Tensor]:
        """The losses of a batch; `provide_groundtruth` must have been called.

        Args:
            prediction_dict: `box_encodings` float32 [B, A, 4] and
                `class_predictions_with_background` float32 [B, A, C].
            true_image_shapes: not used, as in the API.
            scope: a name for the operations.
        Returns:
            `Loss/localization_loss` and `Loss/classification_loss`, float32 scalars.
        """
        with tf.name_scope(scope or "Loss"):
            matches, anchor_targets = self.assign()
            parts = losses.multibox_loss(
                prediction_dict["box_encodings"],
                prediction_dict["class_predictions_with_background"],
                anchor_targets,
                matches,
                classification_loss=_classification_loss(self._classification_loss),
                localization_delta=self._localization_loss._delta,
                mining=_mining(self._hard_example_miner),
                image_weights=self._image_weights(),
                classification_weight=self._classification_loss_weight,
                localization_weight=self._localization_loss_weight,
                is_normalized=self._normalize_loss_by_num_matches,
                is_normalized_by_code_size=self._normalize_loc_loss_by_codesize,
            )
            return {f"Loss/{name}_loss": value for name, value in parts._asdict().items()}

    def assign(self) -> tuple[tf.Tensor, targets.Targets]:
        """Matches (int32 [B, A]) and training targets of the anchors."""
        groundtruth = [
            self.groundtruth_lists(_FIELDS.boxes),
            self.groundtruth_lists(_FIELDS.classes),
        ]
        if self.groundtruth_has_field(_FIELDS.weights):
            groundtruth.append(self.groundtruth_lists(_FIELDS.weights))
        is_box, (boxes_yxyx, labels, *weights_if_any) = _stack(*groundtruth)
        weights = weights_if_any[0] if weights_if_any else tf.cast(is_box, tf.float32)
        if self._add_background_class:
            labels = tf.pad(labels, [[0, 0], [0, 0], [1, 0]])
        assigner = self._target_assigner
        if assigner._matcher._unmatched_threshold > 0:
            is_box, boxes_yxyx, labels, weights = _trim(is_box, boxes_yxyx, labels, weights)
        anchors_yxyx = self.anchors.get()
        matches = _match(assigner._matcher, boxes_yxyx, is_box, anchors_yxyx, weights)
        return matches, targets.assign_targets(
            matches,
            boxes_yxyx,
            labels,
            weights,
            anchors_yxyx,
            background=self._unmatched_class_label,
            background_weight=assigner._negative_class_weight,
            scales=self._box_coder._scale_factors or (1.0,) * 4,
        )

    def _image_weights(self) -> tf.Tensor | None:
        is_annotated = standard_fields.InputDataFields.is_annotated
        if not self.groundtruth_has_field(is_annotated):
            return None
        return tf.cast(tf.stack(self.groundtruth_lists(is_annotated)), tf.float32)


def use_batched_loss(model: Any) -> Any:
    """Gives a model that the API has built the batched loss, unless it has `fallback_reasons`.

    The model's class is replaced, as the API's builder cannot be given another one. Ours has no
    attributes of its own.
    """
    if not fallback_reasons(model):
        model.__class__ = SSDMetaArch
    return model


def describe_loss(model: Any) -> str | None:
    """How the loss of a model is computed, in one line for the user; None if it is not an SSD."""
    if isinstance(model, SSDMetaArch):
        return "The loss is computed for the whole batch at once"
    if not isinstance(model, ssd_meta_arch.SSDMetaArch):
        return None
    return f"The loss is computed by the API, image by image: {'; '.join(fallback_reasons(model))}"


def fallback_reasons(model: Any) -> list[str]:
    """Why a model cannot use the batched loss; empty if it can.

    Args:
        model: any model of the API.
    Returns:
        Each reason, by the fields of the pipeline config.
    """
    if type(model) not in (SSDMetaArch, ssd_meta_arch.SSDMetaArch):
        return ["the model is not a plain SSD"]
    assigner, miner = model._target_assigner, model._hard_example_miner
    conditions = {
        "matcher is not argmax_matcher": type(assigner._matcher) is argmax_matcher.ArgMaxMatcher,
        "similarity_calculator is not iou_similarity": (
            type(assigner._similarity_calc) is region_similarity_calculator.IouSimilarity
        ),
        "box_coder is not faster_rcnn_box_coder": (
            type(model._box_coder) is faster_rcnn_box_coder.FasterRcnnBoxCoder
        ),
        "localization_loss is not weighted_smooth_l1": (
            type(model._localization_loss) is api_losses.WeightedSmoothL1LocalizationLoss
        ),
        "classification_loss is not weighted_softmax, weighted_sigmoid or "
        "weighted_sigmoid_focal": type(model._classification_loss) in _CLASSIFICATION_LOSSES,
        "random_example_sampler is used": model._random_example_sampler is None,
        "expected_loss_weights is used": model._expected_loss_weights_fn is None,
        "use_confidences_as_targets is set": not model._use_confidences_as_targets,
        "hard_example_miner.iou_threshold is not 1": miner is None or miner._iou_threshold == 1.0,
    }
    reasons = [reason for reason, is_met in conditions.items() if not is_met]
    if not reasons and not _has_plain_thresholds(assigner._matcher):
        reasons.append("argmax_matcher ignores thresholds or takes negatives between them")
    return reasons


def _has_plain_thresholds(matcher: Any) -> bool:
    return matcher._matched_threshold is not None and matcher._negatives_lower_than_unmatched


def _match(
    matcher: Any, boxes_yxyx: tf.Tensor, is_box: tf.Tensor, anchors_yxyx: Any, weights: tf.Tensor
) -> tf.Tensor:
    is_forced = matcher._force_match_for_each_row
    return matching.match(
        boxes_yxyx,
        is_box,
        anchors_yxyx,
        matched_threshold=matcher._matched_threshold,
        unmatched_threshold=matcher._unmatched_threshold,
        force_match=matching.ForceMatch.ARGMAX if is_forced else matching.ForceMatch.NONE,
        may_force=weights > 0,
    )


def _softmax(loss: Any) -> losses.ClassificationLoss:
    scale = loss._logit_scale
    if scale == 1.0:
        return losses.softmax
    return lambda logits, classes: losses.softmax(logits / scale, classes)


def _focal(loss: Any) -> losses.ClassificationLoss:
    return functools.partial(losses.focal, gamma=loss._gamma, alpha=loss._alpha)


_CLASSIFICATION_LOSSES = {
    api_losses.WeightedSoftmaxClassificationLoss: _softmax,
    api_losses.WeightedSigmoidClassificationLoss: lambda loss: losses.sigmoid,
    api_losses.SigmoidFocalClassificationLoss: _focal,
}


def _classification_loss(loss: Any) -> losses.ClassificationLoss:
    return _CLASSIFICATION_LOSSES[type(loss)](loss)


def _mining(miner: Any) -> losses.Mining | None:
    if miner is None:
        return None
    classification_weight, localization_weight = {
        "cls": (1.0, 0.0),
        "loc": (0.0, 1.0),
        "both": (miner._cls_loss_weight, miner._loc_loss_weight),
    }[miner._loss_type]
    return losses.Mining(
        miner._max_negatives_per_positive,
        miner._min_negatives_per_image,
        miner._num_hard_examples,
        classification_weight,
        localization_weight,
    )


def _trim(
    is_box: tf.Tensor, boxes_yxyx: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor
) -> tuple[tf.Tensor, ...]:
    """Removes padding that all images share: boxes behind the last with a weight or an area.

    Input pipelines pad to a hundred boxes. Not on TPUs, which need static shapes.
    """
    tensors = (is_box, boxes_yxyx, labels, weights)
    if isinstance(tf.distribute.get_strategy(), tf.distribute.TPUStrategy):
        return tensors
    is_used = is_box & ((weights > 0) | (areas(boxes_yxyx) > 0))
    num_used = tf.reduce_max(tf.where(is_used, tf.range(tf.shape(is_used)[1]) + 1, 0))
    return tuple(tensor[:, :num_used] for tensor in tensors)


def _stack(*lists: Sequence[tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Batches tensors of each image's boxes, padded with zeros.

    Args:
        lists: each holds one tensor [M, ...] per image; M may differ between images, but not
            between lists.
    Returns:
        bool [B, M], false for padding, and each list as [B, M, ...].
    """
    first = lists[0]
    if len({tensor.shape[0] for tensor in first}) == 1 and first[0].shape[0] is not None:
        stacked = [tf.stack(tensors) for tensors in lists]
        return tf.ones(stacked[0].shape[:2], tf.bool), stacked
    lengths = tf.stack([tf.shape(tensor)[0] for tensor in first])
    rows = tf.RaggedTensor.from_row_lengths(tf.concat(first, axis=0), lengths, validate=False)
    padded = [rows.with_values(tf.concat(tensors, axis=0)).to_tensor() for tensors in lists]
    return tf.sequence_mask(lengths), padded
