"""torchvision's `ssd300_vgg16`: `torchvision/models/detection/ssd.py`.

Its layers are numbered, activations and poolings included: `backbone.features` is VGG-16 up to
conv4_3, `backbone.extra.0` runs from the fourth pooling to conv7, `backbone.extra.1` to
`backbone.extra.4` are the added stages.

torchvision also clamps the logarithm of a decoded box's size, relative to its anchor's, at
log(1000 / 16). This is not done here: only boxes over 62 times as long as their anchors differ.
"""

from odapi_ssd.ssd.anchors import preset
from odapi_ssd.weights.detector_source import TORCH, DetectorSource
from odapi_ssd.weights.readers.state_dict import read_state_dict

__all__ = ["SOURCE"]

_FEATURES = {
    **{"block1_conv1": 0, "block1_conv2": 2},
    **{"block2_conv1": 5, "block2_conv2": 7},
    **{"block3_conv1": 10, "block3_conv2": 12, "block3_conv3": 14},
    **{"block4_conv1": 17, "block4_conv2": 19, "block4_conv3": 21},
}
_EXTRA = {
    **{"block5_conv1": "0.1", "block5_conv2": "0.3", "block5_conv3": "0.5"},
    # a nested sequence: pooling, fc6, activation, fc7, activation
    **{"conv6": "0.7.1", "conv7": "0.7.3"},
    **{
        f"added_{stage}_{part}": f"{stage}.{2 * part - 2}"
        for stage in range(1, 5)
        for part in (1, 2)
    },
}
_HEADS = {"boxes": "regression_head", "classes": "classification_head"}

SOURCE = DetectorSource(
    title="torchvision's ssd300_vgg16",
    read=read_state_dict,
    layout=TORCH,
    layers={
        **{ours: f"backbone.features.{number}" for ours, number in _FEATURES.items()},
        **{ours: f"backbone.extra.{place}" for ours, place in _EXTRA.items()},
        **{
            f"{kind}_{number}": f"head.{head}.module_list.{number}"
            for kind, head in _HEADS.items()
            for number in range(6)
        },
    },
    norm="backbone.scale_weight",
    norm_shapes=((512,),),
    # torchvision has them in 0..1, with a standard deviation of 1/255.
    channel_means=(0.48235 * 255, 0.45882 * 255, 0.40784 * 255),
    channel_factors=(1.0, 1.0, 1.0),
    # Its generator clamps widths and heights to the image's.
    anchors=preset("ssd300_coco", order="caffe").with_sizes_clamped(),
    template="ssd_vgg_coco",
)
