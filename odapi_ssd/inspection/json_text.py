"""The reports of `anchors` and `inspect` as JSON: short numbers, and only such as JSON has."""

import json
import math
from typing import Any

__all__ = ["json_text"]


def json_text(content: Any, num_decimals: int) -> str:
    """A report as the text of its file.

    Args:
        content: what `json` takes; numbers that are not finite become null.
        num_decimals: how many decimals are kept of numbers.
    """
    rounded = _rounded(content, num_decimals)
    return json.dumps(rounded, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _rounded(value: Any, num_decimals: int) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(one, num_decimals) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one, num_decimals) for one in value]
    if isinstance(value, float):
        return round(float(value), num_decimals) if math.isfinite(value) else None
    return value
