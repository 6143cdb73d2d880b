"""Differences between two messages of a pipeline config, field by field.

Which of them matter is not decided here; callers select by the path of the field.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["FieldDifference", "find_differences"]


@dataclass(frozen=True)
class FieldDifference:
    """One field in which two messages differ.

    Attributes:
        path: the names of the fields from the config's root, dotted: `model.ssd.num_classes`. A
            repeated field is compared as a whole; its path has no index.
        before: the field's value in the first message: the name of an enum's value, a tuple of a
            repeated field's items, None for a message that is not set.
        after: its value in the second message.
    """

    path: str
    before: Any
    after: Any

    def __str__(self) -> str:
        """One line for an error about the second message, which it calls the config."""
        if isinstance(self.before, tuple):
            return f"{self.path} differs"
        if self.before is None or self.after is None:
            return f"{self.path} is set in only one of the two"
        return f"{self.path} is {_show(self.before)} there and {_show(self.after)} in the config"


def find_differences(before: Any, after: Any, path: str = "") -> list[FieldDifference]:
    """Compares two protobuf messages of one type.

    Args:
        before: the first message.
        after: the second message.
        path: the field that holds them, which the paths of the differences start with; "" if they
            are whole configs.
    Returns:
        One difference per field, in the order in which the fields are declared; none for equal
        messages. Scalar fields that are not set have their default value. A message that only one
        of the two has is a single difference, whatever its fields are.
    """
    return list(_differences(before, after, f"{path}." if path else ""))


def _differences(before: Any, after: Any, prefix: str) -> Iterator[FieldDifference]:
    for field in before.DESCRIPTOR.fields:
        path = prefix + field.name
        first, second = _value(before, field), _value(after, field)
        is_message = field.message_type is not None and not field.is_repeated
        if is_message and first is not None and second is not None:
            yield from _differences(first, second, f"{path}.")
        elif first != second:
            yield FieldDifference(path, first, second)


def _value(message: Any, field: Any) -> Any:
    """The value of a field as `FieldDifference` describes it."""
    value = getattr(message, field.name)
    if field.is_repeated:
        return tuple(_item(item, field) for item in value)
    if field.message_type is not None:
        return value if message.HasField(field.name) else None
    return _item(value, field)


def _item(value: Any, field: Any) -> Any:
    if field.enum_type is None:
        return value
    return field.enum_type.values_by_number[value].name


def _show(value: Any) -> str:
    """A value without the digits that float32 adds."""
    return f"{value:g}" if isinstance(value, float) else repr(value)
