"""SSD as the papers specify it, in plain TensorFlow: batched, with static shapes.

Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016 (arXiv:1512.02325). Anchors, box coder,
matching, targets, losses with hard negative mining, and post-processing, one module each. Nothing
here imports the Object Detection API or the rest of this project: it can be used alone. No command
of this project calls `nms.detect`, `box_coder.decode` or the bipartite matching; they are here for
that use.

Boxes are `ymin, xmin, ymax, xmax`, normalized to 0..1, in names that end with `boxes_yxyx`.
Dimensions: B batch, A anchors, M ground-truth boxes (padded), C classes.
"""
