"""Checks the fields of a feature extractor of this project.

The API passes all fields of `feature_extractor` to the extractor's constructor; an unknown one
ends in a TypeError about an argument, not about the field. The fields of the API's own extractors
are not checked.
"""

from typing import Any

from odapi_ssd.check.findings import Findings
from odapi_ssd.plugin.feature_maps import num_layers_of, own_extractor_class

__all__ = ["check_extractor"]

# Fields of other extractors, which the API passes on if they are set.
_FOREIGN = ("fpn", "bifpn", "replace_preprocessor_with_placeholder", "spaghettinet_arch_name")


def check_extractor(feature_extractor: Any, path: str, findings: Findings) -> bool:
    """Checks the fields of an `ssd_pb2.SsdFeatureExtractor`.

    Args:
        feature_extractor: of a known type; not changed.
        path: its path in the config, for messages.
        findings: collects problems, warnings and facts; has those of single numbers already.
    Returns:
        Whether the extractor can be built.
    """
    if findings.has_problem_in(path):
        return False
    extractor_class = own_extractor_class(feature_extractor)
    if extractor_class is None:
        return True
    kind = feature_extractor.type
    foreign = [name for name in _FOREIGN if feature_extractor.HasField(name)]
    for name in foreign:
        findings.problem(f"{path}.{name}", f"is set, but {kind} does not use it", "remove it")
    if feature_extractor.use_explicit_padding:
        findings.warning(
            f"{path}.use_explicit_padding",
            f"is true, but {kind} always pads as its network does",
            "remove it",
        )
    try:
        extractor_class.validate_fields(
            num_layers_of(feature_extractor), feature_extractor.depth_multiplier
        )
    except ValueError as error:
        findings.problem(path, f"cannot be built: {error}")
        return False
    return not foreign
