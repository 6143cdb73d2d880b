"""Adds this project's feature extractors and batched loss to the API's model builder."""

import logging
import types
from typing import Any

from odapi_ssd.extractors.registry import EXTRACTORS

__all__ = ["extend"]


def extend(model_builder: types.ModuleType) -> None:
    """Adds our feature extractors, and the batched loss and even anchor grids to SSD models.

    Args:
        model_builder: `object_detection.builders.model_builder`, just imported.
    """
    model_builder.SSD_KERAS_FEATURE_EXTRACTOR_CLASS_MAP.update(
        {name: extractor.load_class() for name, extractor in EXTRACTORS.items()}
    )
    build_ssd_of_api = model_builder.META_ARCH_BUILDER_MAP["ssd"]

    def build_ssd(ssd_config: Any, is_training: bool, add_summaries: bool) -> Any:
        from odapi_ssd.plugin.even_grids import with_even_grids
        from odapi_ssd.plugin.ssd_meta_arch import describe_loss, use_batched_loss

        model = use_batched_loss(build_ssd_of_api(ssd_config, is_training, add_summaries))
        model._anchor_generator = with_even_grids(model._anchor_generator)
        if is_training:
            # The logger of the API's own training loops.
            logging.getLogger("tensorflow").info(describe_loss(model))
        return model

    model_builder.META_ARCH_BUILDER_MAP["ssd"] = build_ssd
