"""SSD as the papers specify it, in plain TensorFlow: batched, with static shapes.

Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016 (arXiv:1512.02325). Anchors, box coder,
matching, losses with hard negative mining, and post-processing, each in a module of its own.
Nothing here imports the Object Detection API or the rest of this project: it can be used alone.

Boxes are `ymin, xmin, ymax, xmax`, normalized to 0..1, in names that end with `boxes_yxyx`.
Dimensions: B batch, A anchors, M ground-truth boxes (padded), C classes.
"""
