"""Checks the numbers of a config one by one: finite, and in the range of what they stand for.

NaN and infinity pass every comparison that nobody wrote with them in mind: of the API, of protobuf
and of TensorFlow, and end hours later in a loss that is NaN, or in nothing at all.
"""

import math
from collections.abc import Iterator
from typing import Any

from odapi_ssd.check.findings import Findings
from odapi_ssd.check.number_ranges import RANGES, NumberRange
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of

__all__ = ["check_number", "check_numbers", "require_valid_numbers"]

_PACKAGE = "object_detection.protos."


def check_numbers(message: Any, path: str, findings: Findings) -> None:
    """Checks every number that is set in a message and in those below it.

    Args:
        message: any message of a pipeline config; not changed.
        path: its path in the config, for messages; empty for the config itself.
        findings: gets a problem for each number that is NaN, infinite or out of its range.
    """
    for number, number_range, number_path in _numbers(message, f"{path}." if path else ""):
        check_number(number, number_range, number_path, findings)


def require_valid_numbers(message: Any, path: str) -> None:
    """Refuses a message with a number that is NaN, infinite or out of its range.

    Args:
        message: any message of a pipeline config; not changed.
        path: its path in the config, for messages.
    Raises:
        OdapiError: there are such numbers; all are named.
    """
    findings = Findings()
    check_numbers(message, path, findings)
    if findings.problems:
        raise OdapiError(
            f"The config has {count_of(len(findings.problems), 'number')} out of range:",
            details=map(str, findings.problems),
            hint="edit the config, or give other values with --set.",
        )


def check_number(
    number: float, number_range: NumberRange | None, path: str, findings: Findings
) -> None:
    """Checks one number; with a problem of this field in the findings already, does nothing.

    Args:
        number: the value.
        number_range: what it must be in; None for any finite number.
        path: of the field, for messages.
        findings: gets the problem.
    """
    is_fine = math.isfinite(number) and (number_range is None or number in number_range)
    if not is_fine and not findings.has_problem_in(path):
        expected = "a finite number" if number_range is None else number_range
        # Seven digits tell one float32 from another without showing how it is stored.
        shown = f"{number:.7g}" if isinstance(number, float) else number
        findings.problem(path, f"is {shown}, expected {expected}")


def _numbers(message: Any, prefix: str) -> Iterator[tuple[float, NumberRange | None, str]]:
    """Value, range and path of every number that is set, those of maps included."""
    ranges = RANGES.get(message.DESCRIPTOR.full_name.removeprefix(_PACKAGE), {})
    for field, value in message.ListFields():
        for item, path in _items(field, value, f"{prefix}{field.name}"):
            if hasattr(item, "ListFields"):
                yield from _numbers(item, f"{path}.")
            elif isinstance(item, float) or field.name in ranges:
                yield item, ranges.get(field.name), path


def _items(field: Any, value: Any, path: str) -> Iterator[tuple[Any, str]]:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        for key in value:
            yield value[key], f"{path}[{key!r}]"
    elif field.is_repeated:
        for index, item in enumerate(value):
            yield item, f"{path}[{index}]"
    else:
        yield value, path
