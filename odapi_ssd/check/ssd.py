"""Checks the parts of an SSD: box coder, matcher, loss, mining, score converter and the others."""

from typing import Any

from odapi_ssd.check.findings import Findings
from odapi_ssd.check.model_parts import build_part
from odapi_ssd.check.number_ranges import SHARE
from odapi_ssd.check.numbers import check_number

__all__ = ["check_ssd"]

# From this IoU to below 1, mining drops almost no more than with 1; the API's samples have 0.99.
_NEARLY_NO_SUPPRESSION = 0.9


def check_ssd(model: Any, path: str, findings: Findings) -> None:
    """Checks an `ssd_pb2.Ssd`, feature extractor and anchors aside.

    Args:
        model: the message; not changed.
        path: its path in the config, for messages.
        findings: collects problems, warnings and facts.
    """
    _check_thresholds(model, path, findings)
    for part in ("box_coder", "matcher", "similarity_calculator", "post_processing", "loss"):
        build_part(part, model, path, findings)
    if model.box_predictor.WhichOneof("box_predictor_oneof") is None:
        findings.problem(f"{path}.box_predictor", "is not set", "see the templates in pipelines/")
    _check_score_converter(model, path, findings)
    _check_mining(model, path, findings)
    _check_background(model, path, findings)


def _check_thresholds(model: Any, path: str, findings: Findings) -> None:
    """Checks thresholds of IoUs and of probabilities; others may be any numbers."""
    argmax = model.matcher.argmax_matcher
    if not model.similarity_calculator.HasField("neg_sq_dist_similarity"):
        for name in ("matched_threshold", "unmatched_threshold"):
            check_number(
                getattr(argmax, name), SHARE, f"{path}.matcher.argmax_matcher.{name}", findings
            )
    post_processing = model.post_processing
    if post_processing.score_converter != post_processing.IDENTITY:
        check_number(
            post_processing.batch_non_max_suppression.score_threshold,
            SHARE,
            f"{path}.post_processing.batch_non_max_suppression.score_threshold",
            findings,
        )


def _check_score_converter(model: Any, path: str, findings: Findings) -> None:
    loss = model.loss.classification_loss.WhichOneof("classification_loss") or ""
    expected = {"softmax": "SOFTMAX", "sigmoid": "SIGMOID"}
    wanted = next((value for key, value in expected.items() if key in loss), None)
    field = model.post_processing.DESCRIPTOR.fields_by_name["score_converter"]
    converter = field.enum_type.values_by_number[model.post_processing.score_converter].name
    if wanted is not None and converter != wanted:
        findings.warning(
            f"{path}.post_processing.score_converter",
            f"is {converter}, but the model is trained with {loss}: scores would not "
            "be probabilities",
            f"set it to {wanted}",
        )


def _check_background(model: Any, path: str, findings: Findings) -> None:
    loss = model.loss.classification_loss.WhichOneof("classification_loss") or ""
    if "softmax" in loss and model.encode_background_as_zeros:
        findings.warning(
            f"{path}.encode_background_as_zeros",
            f"is true, but with {loss} the background is a class: anchors without an object would "
            "have no loss",
            "set it to false",
        )


def _check_mining(model: Any, path: str, findings: Findings) -> None:
    if not model.loss.HasField("hard_example_miner"):
        return
    iou_threshold = model.loss.hard_example_miner.iou_threshold
    if _NEARLY_NO_SUPPRESSION <= iou_threshold < 1:
        findings.warning(
            f"{path}.loss.hard_example_miner.iou_threshold",
            f"is {iou_threshold:g}: mining suppresses predictions that are all but the same, for "
            "which it compares all of an image with each other; the paper's mining suppresses "
            "none, and takes a small part of the time",
            "set it to 1.0",
        )
