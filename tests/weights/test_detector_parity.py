"""Imported detectors predict what their originals predict: PyTorch's two and the TF1 port's."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from odapi_ssd.config.files import load_config
from tests.support.reference_detections import detect

pytestmark = [pytest.mark.tf, pytest.mark.slow]

_NUM_CLASSES = {"tutorial": 20, "torchvision": 90, "slim": 20}
_IMAGES = np.random.default_rng(3).integers(0, 256, (2, 300, 300, 3), np.uint8)


# The others clip boxes before NMS and keep 400 of a class; the tutorial does neither.
_POST_PROCESSING = {
    "tutorial": {"clips_first": False},
    "torchvision": {"clips_first": True, "max_per_class": 400},
    "slim": {"clips_first": True, "max_per_class": 400},
}


def _original(kind, folder):
    """The original's predictions, its anchors, and the file of its weights."""
    num_classes = _NUM_CLASSES[kind] + 1
    if kind == "slim":
        from tests.support.slim_detector import SlimSSD300

        model = SlimSSD300(num_classes, seed=7)
        offsets, scores = model.predict(_IMAGES)
        weights = model.save(str(folder / "ssd.ckpt"))
    else:
        torch = pytest.importorskip("torch")
        from tests.support import torch_detectors

        classes = {
            "tutorial": torch_detectors.TutorialSSD300,
            "torchvision": torch_detectors.TorchvisionSSD300,
        }
        model = torch_detectors.randomize(classes[kind](num_classes), seed=7)
        weights = str(folder / "weights.pth")
        torch.save(model.state_dict(), weights)
        offsets, scores = torch_detectors.predict(model, _IMAGES)
    return SimpleNamespace(
        offsets=offsets, scores=scores, weights=weights, anchors_cxcywh=model.anchors_cxcywh()
    )


@pytest.fixture(scope="module", params=_NUM_CLASSES)
def pair(request, tmp_path_factory, api):
    """An original, the summary of its import, and the imported detector's predictions."""
    import tensorflow as tf
    from object_detection.builders import model_builder

    from odapi_ssd.weights.run import ImportOptions, import_weights

    folder = tmp_path_factory.mktemp(request.param)
    original = _original(request.param, folder)
    imported = import_weights(ImportOptions(request.param, folder / "imported", original.weights))
    config = load_config(imported.config_path)
    assert config.model.ssd.num_classes == _NUM_CLASSES[request.param]
    assert config.train_config.fine_tune_checkpoint == imported.checkpoint
    model = model_builder.build(config.model, is_training=False)
    # Before the first call, as the API's exporter restores.
    tf.train.Checkpoint(model=model).restore(imported.checkpoint).expect_partial()
    images, true_shapes = model.preprocess(tf.constant(_IMAGES, tf.float32))
    predicted = model.predict(images, true_shapes)
    detected = model.postprocess(predicted, true_shapes)
    return SimpleNamespace(
        kind=request.param,
        original=original,
        imported=imported,
        offsets=predicted["box_encodings"].numpy()[..., [1, 0, 3, 2]],
        scores=tf.nn.softmax(predicted["class_predictions_with_background"]).numpy(),
        anchors_yxyx=model.anchors.get().numpy(),
        detected={name: tensor.numpy() for name, tensor in detected.items()},
    )


def test_locations_agree(pair):
    theirs = pair.original.offsets
    assert pair.offsets.shape == theirs.shape == (2, 8732, 4)
    assert theirs.std() > 0.5
    np.testing.assert_allclose(pair.offsets, theirs, rtol=1e-4, atol=1e-4 * theirs.std())


def test_scores_agree(pair):
    theirs = pair.original.scores
    assert pair.scores.shape == theirs.shape == (2, 8732, _NUM_CLASSES[pair.kind] + 1)
    assert (theirs[..., 1:] > 0.01).sum() > 100
    np.testing.assert_allclose(pair.scores, theirs, rtol=1e-4)


def test_anchors_agree(pair):
    centers, sizes = pair.original.anchors_cxcywh[:, :2], pair.original.anchors_cxcywh[:, 2:]
    corners_xyxy = np.concatenate([centers - sizes / 2, centers + sizes / 2], axis=1)
    np.testing.assert_allclose(pair.anchors_yxyx[:, [1, 0, 3, 2]], corners_xyxy, atol=1e-6)


@pytest.mark.parametrize("index", [0, 1])
def test_final_detections_agree(pair, index):
    """Each after its own post-processing: the same boxes of the same classes, score by score."""
    original = pair.original
    boxes_xyxy, scores, classes = detect(
        original.offsets[index], original.scores[index], original.anchors_cxcywh,
        **_POST_PROCESSING[pair.kind],
    )  # fmt: skip
    number = int(pair.detected["num_detections"][index])
    assert number == len(scores) > 50
    ours = np.column_stack([
        pair.detected["detection_classes"][index, :number] + 1,
        pair.detected["detection_scores"][index, :number],
        pair.detected["detection_boxes"][index, :number][:, [1, 0, 3, 2]],
    ])  # fmt: skip
    theirs = np.column_stack([classes, scores, boxes_xyxy])
    # Almost equal scores may be in another order.
    distances = np.abs(ours[:, None] - theirs[None]).max(axis=2)
    assert distances.min(axis=1).max() < 1e-4
    assert len(set(distances.argmin(axis=1))) == number


def test_all_layers_are_mapped_and_the_rest_is_reported(pair):
    assert len(pair.imported.rows) == 36
    if pair.kind == "slim":
        momentum, step = pair.imported.unused
        assert momentum.startswith("71 optimizer slots and moving averages, such as ssd_300_vgg/")
        assert step == "1 array: global_step"
    else:
        assert pair.imported.unused == []


def test_a_checkpoint_like_those_of_the_api_s_zoo(pair, restore_as_api):
    from object_detection.builders import model_builder

    from odapi_ssd.checkpoints.contents import require_detector

    folder = Path(pair.imported.checkpoint).parent
    assert require_detector(folder) == pair.imported.checkpoint
    config = load_config(pair.imported.config_path)
    for kind in ("full", "detection"):
        model = model_builder.build(config.model, is_training=True)
        restore_as_api(model, pair.imported.checkpoint, kind)
