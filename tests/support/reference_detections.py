"""SSD's post-processing as its PyTorch and TF1 implementations do it, in NumPy."""

import numpy as np

__all__ = ["detect"]

_MIN_SCORE, _MAX_IOU, _MAX_DETECTIONS = 0.01, 0.45, 200


def detect(offsets, scores, anchors_cxcywh, *, clips_first, max_per_class=None):
    """Decodes, suppresses class by class, and keeps the best 200 of one image.

    Args:
        offsets: float32 [A, 4]: x, y, w, h.
        scores: float32 [A, C], the background first.
        anchors_cxcywh: float64 [A, 4], normalized.
        clips_first: whether boxes are clipped to the image before NMS; if not, after it.
        max_per_class: how many of a class enter NMS at most; None for all.
    Returns:
        Boxes float64 [N, 4], xyxy and normalized; scores [N]; classes [N], the first being 1. Best
        first.
    """
    boxes = _decode(offsets.astype(np.float64), anchors_cxcywh)
    if clips_first:
        boxes = boxes.clip(0, 1)
    found = []
    for class_id in range(1, scores.shape[1]):
        of_class = scores[:, class_id]
        candidates = np.argsort(-of_class, kind="stable")[: (of_class > _MIN_SCORE).sum()]
        kept = []
        for candidate in candidates[:max_per_class]:
            if not kept or _overlaps(boxes[candidate], boxes[kept]).max() <= _MAX_IOU:
                kept.append(candidate)
        found += [(of_class[place], class_id, place) for place in kept]
    found = sorted(found, key=lambda one: -one[0])[:_MAX_DETECTIONS]
    best_scores, classes, places = (np.array(column) for column in zip(*found, strict=True))
    return boxes[places].clip(0, 1), best_scores, classes


def _decode(offsets, anchors_cxcywh):
    centers = offsets[:, :2] / 10 * anchors_cxcywh[:, 2:] + anchors_cxcywh[:, :2]
    halves = np.exp(offsets[:, 2:] / 5) * anchors_cxcywh[:, 2:] / 2
    return np.concatenate([centers - halves, centers + halves], axis=1)


def _overlaps(box, others):
    """IoU of one box [4] with others [N, 4]."""
    shared = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = shared.clip(0).prod(axis=1)
    areas = (others[:, 2:] - others[:, :2]).prod(axis=1) + (box[2:] - box[:2]).prod()
    return shared / (areas - shared)
