"""Checks the model of a config: its feature extractor, image resizer and number of classes.

The parts of an SSD are in `ssd`, its anchors in `anchors`. No network is built: the check takes
milliseconds.
"""

from typing import Any

from odapi_ssd.check.anchors import check_anchors
from odapi_ssd.check.extractor import check_extractor
from odapi_ssd.check.findings import Findings
from odapi_ssd.check.image_size import check_image_size
from odapi_ssd.check.model_parts import build_part
from odapi_ssd.check.numbers import check_numbers
from odapi_ssd.check.ssd import check_ssd
from odapi_ssd.config.field_names import suggest
from odapi_ssd.plugin.feature_maps import input_size

__all__ = ["check_model", "feature_extractor_types", "model_settings", "num_classes_of"]


def model_settings(config: Any) -> tuple[str, Any] | None:
    """Name and message of the meta-architecture that is set; None if the config has no model."""
    kind = config.model.WhichOneof("model")
    return (kind, getattr(config.model, kind)) if kind else None


def num_classes_of(config: Any) -> int | None:
    """The model's number of classes; None without a model, or if its message has no such field."""
    settings = model_settings(config)
    return getattr(settings[1], "num_classes", None) if settings else None


def feature_extractor_types(kind: str) -> list[str]:
    """The types registered with the API for `ssd`, `faster_rcnn` or `center_net`, ours included."""
    from object_detection.builders import model_builder

    return sorted(
        {
            "ssd": model_builder.SSD_KERAS_FEATURE_EXTRACTOR_CLASS_MAP,
            "faster_rcnn": model_builder.FASTER_RCNN_KERAS_FEATURE_EXTRACTOR_CLASS_MAP,
            "center_net": model_builder.CENTER_NET_EXTRACTOR_FUNCTION_MAP,
        }.get(kind, {})
    )


def check_model(config: Any, findings: Findings) -> None:
    """Checks `config.model`; `odapi_ssd.register()` must have been called."""
    settings = model_settings(config)
    if settings is None:
        findings.problem("model", "is not set", "start from a template, see `odapi-ssd configure`")
        return
    kind, model = settings
    path = f"model.{kind}"
    if kind == "experimental_model":
        findings.fact("model", f"experimental ({model.name}), not checked")
        return
    check_numbers(model, path, findings)
    if model.num_classes < 1:
        findings.problem(
            f"{path}.num_classes", f"is {model.num_classes}", "set it to the label map's highest id"
        )
    is_known = _check_type(kind, model, path, findings)
    check_image_size(model.image_resizer, f"{path}.image_resizer", findings)
    build_part("image_resizer", model, path, findings)
    size = input_size(model.image_resizer)
    findings.fact("input size", f"{size[0]}x{size[1]}" if size else "varies")
    findings.fact("classes", model.num_classes)
    if kind == "ssd":
        extractor_path = f"{path}.feature_extractor"
        can_be_built = is_known and check_extractor(
            model.feature_extractor, extractor_path, findings
        )
        check_ssd(model, path, findings)
        has_size = can_be_built and not findings.has_problem_in(f"{path}.image_resizer")
        check_anchors(model, path, size if has_size else None, findings)


def _check_type(kind: str, model: Any, path: str, findings: Findings) -> bool:
    name = model.feature_extractor.type
    findings.fact("model", f"{kind}, {name or 'no feature extractor'}")
    known = feature_extractor_types(kind)
    if name in known:
        return True
    near = suggest(name, known)
    findings.problem(
        f"{path}.feature_extractor.type",
        f"is {name!r}, which is not a feature extractor of {kind} in TensorFlow 2",
        near if near.startswith("valid:") else f"{near}; valid: {', '.join(known)}",
    )
    return False
