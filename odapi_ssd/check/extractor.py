"""Checks what a config asks of a feature extractor of this project.

The API hands all fields of `feature_extractor` on to the extractor's constructor; one that it does
not know ends in a TypeError about an argument, not about the field. Which fields the API's own
extractors take is not looked at.
"""

from typing import Any

from odapi_ssd.check.findings import Findings
from odapi_ssd.plugin.feature_maps import num_layers_of, own_extractor_class

__all__ = ["check_extractor"]

# Fields for other extractors, which the API hands on if they are there at all.
_FOREIGN = ("fpn", "bifpn", "replace_preprocessor_with_placeholder", "spaghettinet_arch_name")


def check_extractor(feature_extractor: Any, path: str, findings: Findings) -> bool:
    """Checks the fields of an `ssd_pb2.SsdFeatureExtractor`.

    Args:
        feature_extractor: of a type that is known; not changed.
        path: of the message in the config.
        findings: what is found is added to them.
    Returns:
        Whether the extractor can be built.
    """
    extractor_class = own_extractor_class(feature_extractor)
    if extractor_class is None:
        return True
    kind = feature_extractor.type
    foreign = [name for name in _FOREIGN if feature_extractor.HasField(name)]
    for name in foreign:
        findings.problem(f"{path}.{name}", f"is set, but {kind} has no use for it", "remove it")
    if feature_extractor.use_explicit_padding:
        findings.warning(
            f"{path}.use_explicit_padding",
            f"is true, but {kind} pads as its network was made to, with it or without",
            "remove it",
        )
    try:
        extractor_class.require_known(
            num_layers_of(feature_extractor), feature_extractor.depth_multiplier
        )
    except ValueError as error:
        findings.problem(path, f"cannot be built: {error}")
        return False
    return not foreign
