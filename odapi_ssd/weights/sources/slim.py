"""The SSD300 of the widespread TF1 port, SSD-Tensorflow: `nets/ssd_vgg_300.py`, on tf-slim.

Its checkpoints were converted from Caffe's, or come from its own training and then hold optimizer
slots and moving averages too. The anchors are the port's defaults, Caffe's for COCO, whatever the
classes of a checkpoint.
"""

from odapi_ssd.ssd.anchors import preset
from odapi_ssd.weights.detector_source import SLIM, DetectorSource
from odapi_ssd.weights.readers.tf1_checkpoint import read_tf1_checkpoint

__all__ = ["SOURCE"]

_SCOPE = "ssd_300_vgg"
_NUM_CONVOLUTIONS = {1: 2, 2: 2, 3: 3, 4: 3, 5: 3}
_MAP_BLOCKS = (4, 7, 8, 9, 10, 11)

SOURCE = DetectorSource(
    title="the TF1 port's ssd_300_vgg",
    read=read_tf1_checkpoint,
    layout=SLIM,
    layers={
        **{
            f"block{block}_conv{number}": f"{_SCOPE}/conv{block}/conv{block}_{number}"
            for block, count in _NUM_CONVOLUTIONS.items()
            for number in range(1, count + 1)
        },
        **{"conv6": f"{_SCOPE}/conv6", "conv7": f"{_SCOPE}/conv7"},
        **{
            f"added_{stage}_{part}": f"{_SCOPE}/block{stage + 7}/{kernel}"
            for stage in range(1, 5)
            for part, kernel in ((1, "conv1x1"), (2, "conv3x3"))
        },
        **{
            f"{kind}_{number}": f"{_SCOPE}/block{block}_box/{head}"
            for kind, head in (("boxes", "conv_loc"), ("classes", "conv_cls"))
            for number, block in enumerate(_MAP_BLOCKS)
        },
    },
    norm=f"{_SCOPE}/block4_box/L2Normalization/gamma",
    norm_shapes=((512,), (1, 1, 1, 512)),
    channel_means=(123.0, 117.0, 104.0),
    channel_factors=(1.0, 1.0, 1.0),
    anchors=preset("ssd300_coco", order="caffe"),
    template="ssd_vgg_voc",
)
