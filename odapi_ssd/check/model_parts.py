"""Builds single parts of a model with the API's own builders, which takes milliseconds."""

from collections.abc import Callable
from typing import Any

from odapi_ssd.check.findings import Findings
from odapi_ssd.messages import one_line

__all__ = ["build_part"]


def build_part(part: str, model: Any, path: str, findings: Findings) -> Any:
    """Builds one part of a model as the API would.

    Args:
        part: the field's name, such as "matcher".
        model: the meta-architecture's message; not changed.
        path: its path in the config, for messages.
        findings: gets a problem if the API refuses; with a problem of the part in it already,
            nothing is built.
    Returns:
        The part; None if it cannot be built.
    """
    if findings.has_problem_in(f"{path}.{part}"):
        return None
    try:
        return _builder(part)(getattr(model, part))
    except Exception as error:  # whatever the API raises for a part that it cannot build
        findings.problem(
            f"{path}.{part}",
            f"cannot be built: {one_line(error)}",
            "compare with the templates in pipelines/",
        )
        return None


def _builder(part: str) -> Callable[[Any], Any]:
    from object_detection.builders import (
        anchor_generator_builder,
        box_coder_builder,
        image_resizer_builder,
        losses_builder,
        matcher_builder,
        post_processing_builder,
        region_similarity_calculator_builder,
    )

    builders: dict[str, Callable[[Any], Any]] = {
        "anchor_generator": anchor_generator_builder.build,
        "box_coder": box_coder_builder.build,
        "image_resizer": image_resizer_builder.build,
        "loss": losses_builder.build,
        "matcher": matcher_builder.build,
        "post_processing": post_processing_builder.build,
        "similarity_calculator": region_similarity_calculator_builder.build,
    }
    return builders[part]
