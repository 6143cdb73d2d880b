"""The SSD300 of "a PyTorch Tutorial to Object Detection": the layer names of its `model.py`."""

from odapi_ssd.ssd.anchors import preset
from odapi_ssd.weights.detector_source import TORCH, DetectorSource
from odapi_ssd.weights.readers.state_dict import read_state_dict

__all__ = ["SOURCE"]

_MAPS = ("conv4_3", "conv7", "conv8_2", "conv9_2", "conv10_2", "conv11_2")
_NUM_CONVOLUTIONS = {1: 2, 2: 2, 3: 3, 4: 3, 5: 3}
# ImageNet's channel means and standard deviations, of pixels in 0..1.
_MEANS, _DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

SOURCE = DetectorSource(
    title="the PyTorch tutorial's SSD300",
    read=read_state_dict,
    layout=TORCH,
    layers={
        **{
            f"block{block}_conv{number}": f"base.conv{block}_{number}"
            for block, count in _NUM_CONVOLUTIONS.items()
            for number in range(1, count + 1)
        },
        **{"conv6": "base.conv6", "conv7": "base.conv7"},
        **{
            f"added_{stage}_{part}": f"aux_convs.conv{stage + 7}_{part}"
            for stage in range(1, 5)
            for part in (1, 2)
        },
        **{f"boxes_{number}": f"pred_convs.loc_{name}" for number, name in enumerate(_MAPS)},
        **{f"classes_{number}": f"pred_convs.cl_{name}" for number, name in enumerate(_MAPS)},
    },
    norm="rescale_factors",
    norm_shapes=((1, 512, 1, 1),),
    channel_means=(255 * _MEANS[0], 255 * _MEANS[1], 255 * _MEANS[2]),
    channel_factors=(
        1 / (255 * _DEVIATIONS[0]),
        1 / (255 * _DEVIATIONS[1]),
        1 / (255 * _DEVIATIONS[2]),
    ),
    # It clamps centers and sizes to 0..1; centers lie inside anyway.
    anchors=preset("ssd300_linear", order="tutorial").with_sizes_clamped(),
    template="ssd_vgg_voc",
)
