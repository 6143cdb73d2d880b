"""The programs that weights come from, one file each, and the registry of their names.

`keras.py` has classification networks; every other source is a whole detector, an SSD300 on VGG-16,
described by the `SOURCE` of its file. A file is imported when its source is asked for: the names
alone, which `--help` shows, need no NumPy.
"""

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from odapi_ssd.errors import OdapiError, OptionError
from odapi_ssd.messages import list_some

if TYPE_CHECKING:
    from odapi_ssd.weights.detector_source import DetectorSource
    from odapi_ssd.weights.mapping import StoredArray

__all__ = ["DETECTORS", "KERAS", "SOURCE_NAMES", "find_detector", "require_detector_file"]

KERAS = "keras"
DETECTORS = ("torchvision", "tutorial", "slim")
# The choices of `--from`; each is the name of a file here.
SOURCE_NAMES = (KERAS, *DETECTORS)


def find_detector(name: str) -> "DetectorSource":
    """The source of whole detectors with this name.

    Raises:
        OptionError: there is none; the message lists all sources.
    """
    if name not in DETECTORS:
        raise OptionError("from", f"is {name!r}; one of {', '.join(SOURCE_NAMES)} was expected.")
    source: DetectorSource = importlib.import_module(f"{__name__}.{name}").SOURCE
    return source


def require_detector_file(
    source: "DetectorSource", stored: Mapping[str, "StoredArray"], origin: str
) -> None:
    """Refuses another program's file, which lacks the one array name that only the source's has.

    Args:
        source: the program that the file should come from.
        stored: the file's arrays by name.
        origin: the file, for messages.
    Raises:
        OdapiError: it is another program's; the hint names the source that it looks like.
    """
    if source.norm in stored:
        return
    hint = "--from names the program that the weights come from."
    for name in DETECTORS:
        other = find_detector(name)
        if other.norm in stored:
            hint = f"it looks like {other.title}: --from {name}."
    raise OdapiError(
        f"{origin} is not {source.title}: it has no array {source.norm}.",
        details=[f"there are: {list_some(stored) or 'none'}"],
        hint=hint,
    )
