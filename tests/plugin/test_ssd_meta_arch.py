"""Our loss against the API's: targets, mining, totals and gradients on random batches."""

import types
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from odapi_ssd.config.files import load_config
from odapi_ssd.config.templates import find_template, template_names
from odapi_ssd.plugin.building import build_model

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

_NUM_CLASSES = 3
_NUM_ANCHORS = 60

_MATCHERS = (
    "matched_threshold: 0.5 unmatched_threshold: 0.5 force_match_for_each_row: true",
    "matched_threshold: 0.5 unmatched_threshold: 0.3 force_match_for_each_row: true",
    "matched_threshold: 0.4 unmatched_threshold: 0.4 force_match_for_each_row: false",
)
_CLASSIFICATION = (
    "weighted_softmax {}",
    "weighted_softmax { logit_scale: 2.0 }",
    "weighted_sigmoid {}",
    "weighted_sigmoid_focal { gamma: 2.0 alpha: 0.25 }",
    "weighted_sigmoid_focal { gamma: 0.0 }",
)
_MINERS = (
    "",
    "num_hard_examples: 3000 iou_threshold: 1.0 loss_type: CLASSIFICATION "
    "max_negatives_per_positive: 3 min_negatives_per_image: 0",
    "num_hard_examples: 20 iou_threshold: 1.0 loss_type: BOTH "
    "max_negatives_per_positive: 2 min_negatives_per_image: 3",
    "num_hard_examples: 0 iou_threshold: 1.0 loss_type: LOCALIZATION max_negatives_per_positive: 1",
    "num_hard_examples: 7 iou_threshold: 1.0 loss_type: CLASSIFICATION "
    "max_negatives_per_positive: 0",
)


def _boxes(generator: np.random.Generator, count: int) -> np.ndarray:
    """Boxes on a coarse grid, so that overlaps tie and borders touch; some have no area."""
    corners = generator.integers(0, 8, [count, 2, 2]) / 8
    low, high = corners.min(axis=1), corners.max(axis=1)
    return np.concatenate([low, high], axis=1).astype(np.float32)


def _model(
    matcher: str,
    classification: str,
    miner: str,
    anchors: np.ndarray,
    *,
    localization: str = "weighted_smooth_l1 { delta: 0.7 }",
    **options: Any,
) -> Any:
    """The API's model as its builder makes it from these parts, without a network."""
    import tensorflow as tf
    from google.protobuf import text_format
    from object_detection.builders import (
        box_coder_builder,
        losses_builder,
        matcher_builder,
        region_similarity_calculator_builder,
    )
    from object_detection.core import box_list, target_assigner
    from object_detection.meta_architectures import ssd_meta_arch
    from object_detection.protos import ssd_pb2

    config = ssd_pb2.Ssd()
    mining = f"hard_example_miner {{ {miner} }}" if miner else ""
    text_format.Parse(
        f"""
        matcher {{ argmax_matcher {{ {matcher} }} }}
        similarity_calculator {{ iou_similarity {{}} }}
        box_coder {{ faster_rcnn_box_coder {{}} }}
        loss {{ classification_weight: 1.5 localization_weight: 0.8 {mining}
            classification_loss {{ {classification} }} localization_loss {{ {localization} }} }}
        """,
        config,
    )
    built = losses_builder.build(config.loss)
    box_coder = box_coder_builder.build(config.box_coder)
    parts = {
        "is_training": True,
        "anchor_generator": None,
        "box_predictor": types.SimpleNamespace(num_classes=_NUM_CLASSES),
        "box_coder": box_coder,
        "feature_extractor": types.SimpleNamespace(is_keras_model=True, name="none"),
        "encode_background_as_zeros": options.pop("with_zeros", "sigmoid" in classification),
        "image_resizer_fn": None,
        "non_max_suppression_fn": None,
        "score_conversion_fn": None,
        "classification_loss": built[0],
        "localization_loss": built[1],
        "classification_loss_weight": built[2],
        "localization_loss_weight": built[3],
        "hard_example_miner": built[4],
        "random_example_sampler": built[5],
        "expected_loss_weights_fn": built[6],
        "normalize_loss_by_num_matches": True,
        "target_assigner_instance": target_assigner.TargetAssigner(
            region_similarity_calculator_builder.build(config.similarity_calculator),
            matcher_builder.build(config.matcher),
            box_coder,
            negative_class_weight=options.pop("negative_class_weight", 1.0),
        ),
        **options,
    }
    model = ssd_meta_arch.SSDMetaArch(**parts)
    model._anchors = box_list.BoxList(tf.constant(anchors))
    return model


def _batch(
    seed: int,
    counts: Sequence[int],
    has_background: bool = True,
    *,
    num_classes: int = _NUM_CLASSES,
    num_anchors: int = _NUM_ANCHORS,
) -> dict[str, Any]:
    generator = np.random.default_rng(seed)
    num_logits = num_classes + has_background
    return {
        "anchors": np.maximum(_boxes(generator, num_anchors), [0, 0, 0.1, 0.1]).astype("float32"),
        "boxes": [_boxes(generator, count) for count in counts],
        "classes": [
            np.eye(num_classes, dtype="float32")[generator.integers(0, num_classes, count)]
            for count in counts
        ],
        # Some boxes count less, some not at all.
        "weights": [generator.choice([0, 0.5, 1], count).astype("float32") for count in counts],
        "encodings": generator.normal(0, 2, [len(counts), num_anchors, 4]).astype("float32"),
        # Few values, so that losses tie.
        "logits": generator.integers(-3, 4, [len(counts), num_anchors, num_logits]).astype(
            "float32"
        ),
    }


def _provide_groundtruth(model: Any, batch: dict[str, Any], **others: Any) -> dict[str, Any]:
    import tensorflow as tf

    tensors = {
        name: [tf.constant(value) for value in batch[name]]
        for name in ("boxes", "classes", "weights")
    }
    lists = {f"groundtruth_{name}_list": values for name, values in tensors.items()}
    model.provide_groundtruth(**lists, **others)
    return tensors


def _losses_and_gradients(model: Any, batch: dict[str, Any], **groundtruth: Any) -> dict[str, Any]:
    import tensorflow as tf

    _provide_groundtruth(model, batch, **groundtruth)
    encodings, logits = tf.constant(batch["encodings"]), tf.constant(batch["logits"])
    with tf.GradientTape() as tape:
        tape.watch([encodings, logits])
        found = model.loss(
            {"box_encodings": encodings, "class_predictions_with_background": logits}, None
        )
        total = tf.add_n(list(found.values()))
    of_encodings, of_logits = tape.gradient(total, [encodings, logits])
    return {
        **{name: value.numpy() for name, value in found.items()},
        "of encodings": of_encodings.numpy(),
        "of logits": of_logits.numpy(),
    }


def _assert_same(model: Any, batch: dict[str, Any], **groundtruth: Any) -> None:
    from odapi_ssd.plugin.ssd_meta_arch import SSDMetaArch, use_batched_loss

    expected = _losses_and_gradients(model, batch, **groundtruth)
    assert type(use_batched_loss(model)) is SSDMetaArch
    found = _losses_and_gradients(model, batch, **groundtruth)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-6, err_msg=name)


@given(
    matcher=st.sampled_from(_MATCHERS),
    classification=st.sampled_from(_CLASSIFICATION),
    miner=st.sampled_from(_MINERS),
    counts=st.lists(st.integers(0, 6), min_size=1, max_size=3),
    seed=st.integers(0, 10**6),
    with_zeros=st.booleans(),
    label_scale=st.sampled_from([1, 0.6]),
    num_padded=st.sampled_from([0, 8]),
)
@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_losses_and_gradients_are_the_api_s(
    matcher, classification, miner, counts, seed, with_zeros, label_scale, num_padded
):
    assume("focal" not in classification or not miner)  # the API refuses the two together
    batch = _batch(seed, counts)
    for name in ("boxes", "classes", "weights"):
        scale = label_scale if name == "classes" else 1
        batch[name] = [_pad(values * np.float32(scale), num_padded) for values in batch[name]]
    model = _model(matcher, classification, miner, batch["anchors"], with_zeros=with_zeros)
    _assert_same(model, batch)


def _pad(values: np.ndarray, num_rows: int) -> np.ndarray:
    """Adds rows of zeros, as the input pipeline does, up to num_rows."""
    num_added = max(num_rows - len(values), 0)
    return np.pad(values, [(0, num_added)] + [(0, 0)] * (values.ndim - 1))


@given(
    matcher=st.sampled_from(_MATCHERS),
    classification=st.sampled_from(("weighted_softmax {}", "weighted_sigmoid {}")),
    counts=st.lists(st.integers(0, 6), min_size=1, max_size=3),
    seed=st.integers(0, 10**6),
)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_matches_and_targets_are_the_api_s(matcher, classification, counts, seed):
    from odapi_ssd.plugin.ssd_meta_arch import use_batched_loss

    batch = _batch(seed, counts)
    model = _model(matcher, classification, "", batch["anchors"], negative_class_weight=0.5)
    groundtruth = _provide_groundtruth(model, batch)
    classes, class_weights, encodings, box_weights, api_matches = model._assign_targets(
        groundtruth["boxes"], groundtruth["classes"], None, groundtruth["weights"]
    )
    matches, found = use_batched_loss(model).assign()
    np.testing.assert_array_equal(matches, api_matches)
    np.testing.assert_array_equal(found.classes, classes)
    # The API repeats each anchor's weight for every class.
    np.testing.assert_array_equal(
        found.class_weights[..., None] * np.ones(classes.shape), class_weights
    )
    np.testing.assert_array_equal(found.box_weights, box_weights)
    np.testing.assert_allclose(found.encodings, encodings, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        {"normalize_loc_loss_by_codesize": True},
        {"normalize_loss_by_num_matches": False},
        {"negative_class_weight": 0.25},
        {"add_background_class": False},
    ],
    ids=str,
)
def test_options_of_the_model(options):
    has_background = options.get("add_background_class", True)
    batch = _batch(5, [4, 0, 2], has_background)
    model = _model(_MATCHERS[0], _CLASSIFICATION[0], _MINERS[1], batch["anchors"], **options)
    _assert_same(model, batch)


def test_images_that_are_not_annotated_are_ignored():
    import tensorflow as tf

    batch = _batch(6, [4, 3])
    model = _model(_MATCHERS[0], _CLASSIFICATION[0], _MINERS[1], batch["anchors"])
    is_annotated = [tf.constant(True), tf.constant(False)]
    _assert_same(model, batch, is_annotated_list=is_annotated)


@pytest.mark.parametrize(
    "name", [name for name in template_names() if not name.startswith(("faster_rcnn", "mask_rcnn"))]
)
def test_every_template(name):
    from object_detection.core import box_list_ops
    from object_detection.meta_architectures import ssd_meta_arch

    from odapi_ssd.plugin.feature_maps import feature_grids, input_size

    config = load_config(find_template(name)).model
    model = build_model(config, is_training=True)
    model.__class__ = ssd_meta_arch.SSDMetaArch
    image_hw = input_size(config.ssd.image_resizer)
    grids_hw = feature_grids(config.ssd.feature_extractor, image_hw)
    layers = model._anchor_generator.generate(grids_hw, im_height=image_hw[0], im_width=image_hw[1])
    model._anchors = box_list_ops.concatenate(layers)
    batch = _batch(
        11,
        [3, 0],
        config.ssd.add_background_class,
        num_classes=config.ssd.num_classes,
        num_anchors=model.anchors.num_boxes_static(),
    )
    _assert_same(model, batch)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"miner": "iou_threshold: 0.99"}, "hard_example_miner.iou_threshold is not 1"),
        ({"localization": "weighted_l2 {}"}, "localization_loss is not weighted_smooth_l1"),
        (
            {"classification": "bootstrapped_sigmoid { alpha: 0.5 }"},
            "classification_loss is not weighted_softmax, weighted_sigmoid or "
            "weighted_sigmoid_focal",
        ),
        (
            {
                "matcher": "matched_threshold: 0.5 unmatched_threshold: 0.4 "
                "negatives_lower_than_unmatched: false"
            },
            "argmax_matcher ignores thresholds or takes negatives between them",
        ),
        ({"matcher": "ignore_thresholds: true"}, "argmax_matcher ignores thresholds or takes "
         "negatives between them"),
        ({"use_confidences_as_targets": True}, "use_confidences_as_targets is set"),
    ],
    ids=str,
)  # fmt: skip
def test_what_ssd_does_not_compute_is_left_to_the_api(parts, reason):
    from odapi_ssd.plugin.ssd_meta_arch import SSDMetaArch, fallback_reasons, use_batched_loss

    defaults = {"matcher": _MATCHERS[0], "classification": _CLASSIFICATION[0], "miner": _MINERS[1]}
    model = _model(**{**defaults, **parts}, anchors=_batch(1, [1])["anchors"])
    assert fallback_reasons(model) == [reason]
    assert not isinstance(use_batched_loss(model), SSDMetaArch)


def test_batches_with_other_numbers_of_boxes_are_not_traced_again():
    import tensorflow as tf

    from odapi_ssd.plugin.ssd_meta_arch import use_batched_loss

    num_padded = 5
    batch = _batch(8, [num_padded, num_padded])
    model = _model(_MATCHERS[0], _CLASSIFICATION[0], _MINERS[1], batch["anchors"])
    use_batched_loss(model)
    padded = {name: tf.constant(np.stack(batch[name])) for name in ("boxes", "classes", "weights")}
    predictions = {
        "box_encodings": tf.constant(batch["encodings"]),
        "class_predictions_with_background": tf.constant(batch["logits"]),
    }
    num_traces = 0

    @tf.function
    def loss(counts):
        nonlocal num_traces
        num_traces += 1
        unpadded = {
            f"groundtruth_{name}_list": [value[i, : counts[i]] for i in range(2)]
            for name, value in padded.items()
        }
        model.provide_groundtruth(**unpadded)
        return tf.add_n(list(model.loss(predictions, None).values()))

    totals = [float(loss(tf.constant(counts))) for counts in ([0, 0], [5, 0], [2, 4], [5, 5])]
    assert num_traces == 1
    assert totals[0] == 0
    assert len(set(totals)) == 4
