"""Configs and boxes for the tests of `odapi-ssd anchors`."""

from pathlib import Path

import numpy as np

SSD_ANCHORS = "model.ssd.anchor_generator.ssd_anchor_generator"
FIXED = "model.ssd.image_resizer.fixed_shape_resizer"
TRAIN = "train_input_reader.tf_record_input_reader.input_path"


def load_with(path, **overrides):
    """A config with fields set."""
    from odapi_ssd.config.files import load_config

    return load_config(path, [f"{key}={value}" for key, value in overrides.items()])


def with_resizer(config, text):
    """The config with another image_resizer."""
    from google.protobuf import text_format

    config.model.ssd.image_resizer.Clear()
    text_format.Parse(text, config.model.ssd.image_resizer)
    return config


def pairwise_iou(boxes, anchors):
    """[N, A], computed with every anchor."""
    low = np.maximum(boxes[:, None, :2], anchors[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], anchors[None, :, 2:])
    inter = np.prod((high - low).clip(0), axis=-1)
    areas = [np.prod(one[:, 2:] - one[:, :2], axis=1) for one in (boxes, anchors)]
    return inter / (areas[0][:, None] + areas[1][None] - inter)


def names_in(folder: Path) -> list[str]:
    """The names of a folder's files, without the hidden manifest."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
