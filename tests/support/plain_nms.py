"""Non-maximum suppression by plain loops, and boxes to compare it with `odapi_ssd.ssd.nms` on."""

import numpy as np

# A window that is neither square nor at the origin.
WINDOW_YXYX = (0.125, 0.0, 1.0, 0.75)
# The second is the upper half of the first: an overlap of exactly 1/2. The third is elsewhere.
HALVES_YXYX = ((0, 0, 0.5, 0.25), (0, 0, 0.25, 0.25), (0.5, 0.5, 0.75, 1))


def detect(boxes_yxyx, scores, **options):
    """The detections as NumPy arrays."""
    from odapi_ssd.ssd import nms

    found = nms.detect(
        np.asarray(boxes_yxyx, np.float32), np.asarray(scores, np.float32), **options
    )
    return nms.Detections(*(part.numpy() for part in found))


def traced_detect(*, jit_compile, **options):
    """`detect` in a graph for any batch size, and the list that grows with each trace."""
    import tensorflow as tf

    from odapi_ssd.ssd import nms

    traces = []

    @tf.function(jit_compile=jit_compile, reduce_retracing=True)
    def run(boxes_yxyx, scores):
        traces.append(boxes_yxyx.shape)
        return nms.detect(boxes_yxyx, scores, **options)

    return run, traces


def iou_of_two(first_yxyx, second_yxyx):
    height = min(first_yxyx[2], second_yxyx[2]) - max(first_yxyx[0], second_yxyx[0])
    width = min(first_yxyx[3], second_yxyx[3]) - max(first_yxyx[1], second_yxyx[1])
    if height <= 0 or width <= 0:
        return np.float32(0)
    intersection = height * width
    first, second = (
        (ymax - ymin) * (xmax - xmin) for ymin, xmin, ymax, xmax in (first_yxyx, second_yxyx)
    )
    return intersection / (first + second - intersection)


def has_area(box_yxyx):
    return bool(box_yxyx[2] > box_yxyx[0] and box_yxyx[3] > box_yxyx[1])


def clip(box_yxyx, window_yxyx):
    if window_yxyx is None:
        return box_yxyx
    lowest, highest = np.tile(window_yxyx[:2], 2), np.tile(window_yxyx[2:], 2)
    return np.clip(box_yxyx, lowest, highest).astype(np.float32)


def detect_in_one_image(
    boxes_yxyx,
    scores,
    score_threshold,
    iou_threshold,
    max_candidates,
    max_per_class,
    max_detections,
    clip_window_yxyx,
):
    """Of one image's boxes [A, 4] or [A, C, 4] and scores [A, C]: rows (score, class, box)."""
    found = []
    for class_idx in range(scores.shape[1]):
        class_boxes = boxes_yxyx if boxes_yxyx.ndim == 2 else boxes_yxyx[:, class_idx]
        class_scores = scores[:, class_idx]
        candidates = [a for a in range(len(scores)) if class_scores[a] > score_threshold]
        candidates.sort(key=lambda a: -class_scores[a])  # Stable: the lower anchor first.
        kept = []
        for anchor in candidates[:max_candidates]:
            overlaps = [iou_of_two(class_boxes[anchor], class_boxes[other]) for other in kept]
            if all(overlap <= np.float32(iou_threshold) for overlap in overlaps):
                kept.append(anchor)
        for anchor in kept[:max_per_class]:
            clipped = clip(class_boxes[anchor], clip_window_yxyx)
            if has_area(clipped) and has_area(class_boxes[anchor]):
                found.append((class_scores[anchor], class_idx, clipped))
    found.sort(key=lambda row: -row[0])  # Stable: the lower class first.
    return found[:max_detections]


def detect_by_loops(boxes_yxyx, scores, *, max_detections, **options):
    batch = len(scores)
    detections = (
        np.zeros([batch, max_detections, 4], np.float32),
        np.zeros([batch, max_detections], np.float32),
        np.zeros([batch, max_detections], np.int32),
        np.zeros([batch], np.int32),
    )
    for image_idx in range(batch):
        found = detect_in_one_image(
            boxes_yxyx[image_idx], scores[image_idx], max_detections=max_detections, **options
        )
        detections[3][image_idx] = len(found)
        for row, (score, class_idx, box_yxyx) in enumerate(found):
            detections[0][image_idx, row] = box_yxyx
            detections[1][image_idx, row] = score
            detections[2][image_idx, row] = class_idx
    return detections


def assert_equal(found, expected):
    assert [part.dtype for part in found] == [np.float32, np.float32, np.int32, np.int32]
    for part, expected_part in zip(found, expected, strict=True):
        np.testing.assert_array_equal(part, expected_part)


def jittered_boxes(rng, shape, num_objects=4):
    """Boxes that crowd around a few places, and some that have no area or lie outside 0..1."""
    centers = rng.uniform(0, 1.1, [num_objects, 2])[rng.integers(0, num_objects, shape)]
    sizes = np.array([0.2, 0.3]) * rng.uniform(0.7, 1.4, (*shape, 2))
    centers = centers + rng.normal(0, 0.04, (*shape, 2))
    boxes = np.concatenate([centers - sizes / 2, centers + sizes / 2], axis=-1).astype(np.float32)
    boxes[:, ::9, ..., 3] = boxes[:, ::9, ..., 1]
    boxes[:, 4::9] += 1
    return boxes
