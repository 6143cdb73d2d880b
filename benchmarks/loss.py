"""SSD's loss and its gradients: ours against the API's, on the same model and batch.

    python benchmarks/loss.py [--quick] [--json F]

Batch 16, 20 classes, ground truth padded to 100 boxes (1 to 10 of them real; all 100 in one row of
the table), and the paper's hard negative mining, which the API's documentation configures as no
limit on the number of examples and an `iou_threshold` of 1. Both losses get the padded tensors of
the input pipeline, as our templates configure it (`unpad_groundtruth_tensors: false`); ours slices
them to the largest number of boxes in the batch. The API runs non-maximum suppression over all
anchors of each image.

Both losses are traced once on a small model first, so that what TensorFlow loads lazily counts for
neither.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from measuring import copy_bytes_per_second, parse_arguments, take_turns
from results import report

_BATCH_SIZE = 16
_NUM_CLASSES = 20
_NUM_PADDED = 100


def main() -> None:
    """Measures, prints, and writes the JSON file if asked to."""
    arguments = parse_arguments(__doc__.splitlines()[0])
    import odapi_ssd

    odapi_ssd.register()
    num_rounds = 2 if arguments.quick else 7
    bandwidth = copy_bytes_per_second()
    for which in ("ours", "api"):
        _trace(_build_model(50), _make_batch(50, 10), which)
    rows, ratios = [], {}
    for name, num_anchors, max_real in (
        ("8732", 8732, 10),
        ("8732, all boxes real", 8732, _NUM_PADDED),
        ("1917", 1917, 10),
    ):
        model = _build_model(num_anchors)
        batch = _make_batch(num_anchors, max_real)
        traced, trace_s = {}, {}
        for which in ("ours", "api"):
            traced[which], trace_s[which] = _trace(model, batch, which)
        _require_same(traced["ours"](batch), traced["api"](batch))
        step_s = take_turns(
            {which: _caller(function, batch) for which, function in traced.items()},
            num_rounds=num_rounds,
        )
        bound = _bytes_of_memory_bound(num_anchors) / bandwidth
        for which in traced:
            rows.append(
                {
                    "anchors": name,
                    "loss": which,
                    "trace s": f"{trace_s[which]:.2f}",
                    "loss and gradients ms": f"{step_s[which] * 1e3:.1f}",
                    "multiple of the memory bound": f"{step_s[which] / bound:.1f}",
                }
            )
        key = name.replace(", all boxes real", "_all_real")
        ratios[f"loss_{key}"] = step_s["api"] / step_s["ours"]
        ratios[f"trace_{key}"] = trace_s["api"] / trace_s["ours"]
    report(rows, ratios, arguments.json)


def _build_model(num_anchors: int) -> Any:
    """The VOC template's model with num_anchors random anchors; its network is never run."""
    import tensorflow as tf
    from object_detection.builders import model_builder
    from object_detection.core import box_list

    from odapi_ssd import resources
    from odapi_ssd.config.files import load_config

    config = load_config(resources.template_dir() / "ssd_mobilenet_v2_zoo_voc.config")
    config.model.ssd.num_classes = _NUM_CLASSES
    config.model.ssd.encode_background_as_zeros = False
    loss = config.model.ssd.loss
    loss.Clear()
    loss.classification_weight = loss.localization_weight = 1.0
    loss.classification_loss.weighted_softmax.SetInParent()
    loss.localization_loss.weighted_smooth_l1.SetInParent()
    miner = loss.hard_example_miner
    miner.num_hard_examples = 0
    miner.iou_threshold = 1.0
    miner.loss_type = miner.CLASSIFICATION
    miner.max_negatives_per_positive = 3
    model = model_builder.build(config.model, is_training=True)
    model._anchors = box_list.BoxList(
        tf.constant(_random_boxes(np.random.default_rng(1), num_anchors))
    )
    return model


def _random_boxes(generator: np.random.Generator, *shape: int) -> np.ndarray:
    """Boxes with sides of 5 to 50 %, centered anywhere, clipped to the image: float32 [..., 4]."""
    centers = generator.uniform(0, 1, [*shape, 2])
    sizes = generator.uniform(0.05, 0.5, [*shape, 2])
    corners = np.concatenate([centers - sizes / 2, centers + sizes / 2], axis=-1)
    return np.clip(corners, 0, 1).astype(np.float32)


def _make_batch(num_anchors: int, max_real: int) -> dict[str, Any]:
    """Padded ground truth with 1 to max_real real boxes in each image, and random predictions."""
    import tensorflow as tf

    generator = np.random.default_rng(2)
    counts = generator.integers(1, max_real + 1, _BATCH_SIZE)
    if max_real == _NUM_PADDED:
        counts[:] = _NUM_PADDED
    is_real = np.arange(_NUM_PADDED)[None] < counts[:, None]
    classes = np.eye(_NUM_CLASSES)[generator.integers(0, _NUM_CLASSES, is_real.shape)]
    boxes = _random_boxes(generator, _BATCH_SIZE, _NUM_PADDED) * is_real[..., None]
    arrays = {
        "boxes": boxes,
        "classes": classes * is_real[..., None],
        "weights": is_real,
        "encodings": generator.normal(size=[_BATCH_SIZE, num_anchors, 4]),
        "logits": generator.normal(size=[_BATCH_SIZE, num_anchors, _NUM_CLASSES + 1]),
    }
    return {name: tf.constant(value.astype(np.float32)) for name, value in arrays.items()}


def _caller(function: Any, batch: Any) -> Callable[[], Any]:
    return lambda: [value.numpy() for value in function(batch)]


def _require_same(ours: Any, api: Any) -> None:
    for found, expected in zip(ours, api, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def _trace(model: Any, batch: Any, which: str) -> tuple[Any, float]:
    """The traced function for the loss and its gradients, and the seconds that tracing took."""
    import tensorflow as tf
    from object_detection.meta_architectures import ssd_meta_arch

    from odapi_ssd.plugin.ssd_meta_arch import SSDMetaArch

    model.__class__ = SSDMetaArch if which == "ours" else ssd_meta_arch.SSDMetaArch

    # As in training: `odapi-ssd train` builds our loss without AutoGraph, the API needs it.
    @tf.function(autograph=which == "api")
    def loss_and_gradients(batch: Any) -> Any:
        model.provide_groundtruth(
            groundtruth_boxes_list=tf.unstack(batch["boxes"]),
            groundtruth_classes_list=tf.unstack(batch["classes"]),
            groundtruth_weights_list=tf.unstack(batch["weights"]),
        )
        predictions = {
            "box_encodings": batch["encodings"],
            "class_predictions_with_background": batch["logits"],
        }
        sources = list(predictions.values())
        with tf.GradientTape() as tape:
            tape.watch(sources)
            total = tf.add_n(list(model.loss(predictions, None).values()))
        return [total, *tape.gradient(total, sources)]

    start = time.perf_counter()
    traced = loss_and_gradients.get_concrete_function(batch)
    trace_s = time.perf_counter() - start
    return traced, trace_s


def _bytes_of_memory_bound(num_anchors: int) -> int:
    """Bytes to read the float32 predictions and write their gradients, once each."""
    return 2 * 4 * _BATCH_SIZE * num_anchors * (4 + _NUM_CLASSES + 1)


if __name__ == "__main__":
    main()
