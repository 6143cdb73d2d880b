"""Checks that a step of training, with its input, fits into memory.

Two estimates, both below what is used. The first counts only what must be there at the same time,
whatever the network, so that training cannot be done with less: an error. The second adds the
activations that are kept for the gradients, which depend on the network; it takes half of the
lowest that was measured, so that training will hardly do with less: a warning. Variables, and
TensorFlow itself (about 0.5 GiB), come on top.
"""

import math
from dataclasses import dataclass
from typing import Any

from odapi_ssd.check.findings import Findings
from odapi_ssd.check.inputs import InputFacts
from odapi_ssd.check.memory_limit import MemoryLimit, find_memory_limit
from odapi_ssd.messages import count_of
from odapi_ssd.plugin.feature_maps import input_size

__all__ = ["check_memory"]

_CHANNELS = 3
# An image as uint8 and, while it is converted, as float32.
_DECODED_BYTES = _CHANNELS * (1 + 4)
_BATCH_BYTES = _CHANNELS * 4  # float32
# The least of the API's networks begin with 32 channels at half the height and half the width.
_FIRST_LAYER_BYTES = 32 * 4 / 4
# Half of the lowest: whole steps on the CPU took 1,260 bytes for each pixel of the batch (SSD with
# MobileNetV2, 32 images of 160x160 pixels), 2,200 (the same, of 300x300) and 3,800
# (EfficientDet-D0, 8 of 512x512).
_KEPT_BYTES = 600
_RECORDS = "train_input_reader.tf_record_input_reader.input_path"


@dataclass(frozen=True)
class _Need:
    """A part of the memory, the field that it depends on, and how to need less."""

    num_bytes: int
    what: str
    path: str
    remedy: str

    def __str__(self) -> str:
        return f"{_size(self.num_bytes)} for {self.what}"


def check_memory(
    config: Any,
    inputs: InputFacts,
    model: Any,
    findings: Findings,
    *,
    is_distributed: bool = False,
    limit: MemoryLimit | None = None,
) -> None:
    """Compares the memory that training needs with the memory that there is.

    Args:
        config: a `pipeline_pb2.TrainEvalPipelineConfig` whose numbers are checked.
        inputs: the training data, as far as they are known.
        model: the message of the meta-architecture.
        findings: collects problems, warnings and facts.
        is_distributed: a TPU, or several workers, of which this process is one; how much of a batch
            is here is not known then, and none is counted.
        limit: the memory that there is; None to find out.
    """
    limit = limit or find_memory_limit()
    if limit is None:
        return
    num_pixels = 0 if is_distributed else _batch_pixels(config.train_config, model)
    # An image is decoded and a batch computed at the same time, but one can wait for the other.
    by_turns = [*_image_needs(inputs), *_batch_needs(config, model, num_pixels)]
    greatest = sorted(by_turns, key=lambda need: need.num_bytes)[-1:]
    needs = [*_buffer_needs(config.train_input_reader, inputs), *greatest]
    needed = sum(need.num_bytes for need in needs)
    findings.fact("memory", f"{_size(limit.num_bytes)}; training needs more than {_size(needed)}")
    likely = needed
    if num_pixels and not _has_accelerator() and not _is_partly_frozen(config.train_config):
        likely += num_pixels * _KEPT_BYTES
    if needed > limit.num_bytes:
        most = max(needs, key=lambda need: need.num_bytes)
        findings.problem(
            most.path,
            f"training needs more than {_size(needed)} of memory ({', '.join(map(str, needs))}), "
            f"but {limit.source} has {_size(limit.num_bytes)}",
            most.remedy,
        )
    elif likely > limit.num_bytes:
        findings.warning(
            "train_config.batch_size",
            f"is {config.train_config.batch_size}: with {count_of(num_pixels, 'pixel')} in a batch "
            f"training will probably need more than {_size(likely)} of memory, but {limit.source} "
            f"has {_size(limit.num_bytes)}",
            "make the batch or the images smaller",
        )


def _batch_pixels(train_config: Any, model: Any) -> int:
    """Pixels in a batch; 0 if the images' sizes vary."""
    size = input_size(model.image_resizer)
    return train_config.batch_size * math.prod(size) if size else 0


def _buffer_needs(reader: Any, inputs: InputFacts) -> list[_Need]:
    """The buffer of encoded records; nothing if its size is unknown."""
    if not reader.shuffle or not inputs.num_examples or reader.sample_from_datasets_weights:
        return []
    # The records are repeated before they are shuffled: copies fill the buffer.
    num_there = inputs.num_examples * reader.num_epochs or math.inf
    num_records = int(min(reader.shuffle_buffer_size, num_there))
    return [
        _Need(
            int(num_records * inputs.num_bytes / inputs.num_examples),
            f"a shuffle buffer of {count_of(num_records, 'record')}",
            "train_input_reader.shuffle_buffer_size",
            "make the buffer smaller",
        )
    ]


def _image_needs(inputs: InputFacts) -> list[_Need]:
    """The largest image on its way from the record to its resizing."""
    if inputs.contents is None:
        return []
    height, width = inputs.contents.largest_hw
    return [
        _Need(
            height * width * _DECODED_BYTES,
            f"decoding the image of {inputs.contents.largest_where}, {width:,} pixels wide and "
            f"{height:,} high by the record",
            _RECORDS,
            "scale such images down before the conversion",
        )
    ]


def _batch_needs(config: Any, model: Any, num_pixels: int) -> list[_Need]:
    """A batch, and what the network makes of it at first; nothing if its size is unknown."""
    if not num_pixels:
        return []
    height, width = input_size(model.image_resizer) or (0, 0)
    num_bytes: float = _BATCH_BYTES
    if not _has_accelerator():
        width_factor = getattr(model.feature_extractor, "depth_multiplier", 1.0)
        num_bytes += _FIRST_LAYER_BYTES * min(1.0, width_factor)
    images = count_of(config.train_config.batch_size, "image")
    return [
        _Need(
            int(num_pixels * num_bytes),
            f"a batch of {images} of {height}x{width} pixels in the first layer alone",
            "train_config.batch_size",
            "make the batch or the images smaller",
        )
    ]


def _has_accelerator() -> bool:
    """Whether the network runs elsewhere than in this machine's own memory."""
    import tensorflow as tf

    return any(device.device_type != "CPU" for device in tf.config.list_physical_devices())


def _is_partly_frozen(train_config: Any) -> bool:
    """Activations below the first trained layer are not kept."""
    return bool(train_config.freeze_variables or train_config.update_trainable_variables)


def _size(num_bytes: float) -> str:
    if num_bytes < 2**30:
        return f"{num_bytes / 2**20:,.0f} MiB"
    return f"{num_bytes / 2**30:,.1f} GiB"
