"""Sets a single field of a pipeline config: `path.to.field=value`, as `--set` takes it.

A path names fields from the config's root; `name[2]` or `name.2` is one item of a repeated field,
and the index after the last item appends one. Values are numbers, true or false, names of enum
values, text with or without quotes, lists `a, b` or `[a, b]` for repeated fields, and `{ … }` in
protobuf's text format for whole messages.
"""

import re
from dataclasses import dataclass
from typing import Any

from odapi_ssd.config.field_names import paths_ending_in, suggest
from odapi_ssd.errors import OdapiError

__all__ = ["FieldChange", "set_field"]

_SEGMENT = re.compile(r"([A-Za-z_]\w*)((?:\[\d{1,9}\])*)")
_INDEX = re.compile(r"\d{1,9}")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # what Python makes of bytes that are not UTF-8
_COMMA = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')  # outside double quotes
_TRUE = ("true", "1", "t", "yes", "on")
_FALSE = ("false", "0", "f", "no", "off")


@dataclass(frozen=True)
class FieldChange:
    """One assignment, and its side effect.

    Attributes:
        path: the field, as the assignment names it.
        value: the new value, as text.
        replaced: paths of other members of a oneof, which the assignment dropped.
    """

    path: str
    value: str
    replaced: tuple[str, ...] = ()


def set_field(config: Any, assignment: str) -> FieldChange:
    """Sets one field of a protobuf message; on an error the message stays as it was.

    Args:
        config: any message, usually a `pipeline_pb2.TrainEvalPipelineConfig`; changed in place.
        assignment: `path.to.field=value`.
    Returns:
        The change. Setting a member of a oneof drops the member that was set before.
    Raises:
        OdapiError: there is no such field or item, or the value is of another type.
    """
    path, equals, value = assignment.partition("=")
    path, value = path.strip(), value.strip()
    if _LONE_SURROGATE.search(assignment):
        raise OdapiError(
            f"The assignment {assignment!r} is not UTF-8 text.",
            hint="write it in a terminal or script whose encoding is UTF-8.",
        )
    if not equals or not path:
        raise OdapiError(
            f"Cannot read {assignment!r} as path.to.field=value.",
            hint="for example train_config.batch_size=8.",
        )
    walk = _Assignment(config, path)
    trial = type(config)()
    trial.CopyFrom(config)
    walk.apply(trial, _tokens(path), value)
    # In place: copying the trial back would cut off the submessages that the caller holds.
    replaced = walk.apply(config, _tokens(path), value)
    return FieldChange(path, value, tuple(replaced))


def _tokens(path: str) -> list[str | int]:
    """Names and indices of a path, in order."""
    tokens: list[str | int] = []
    for segment in path.split("."):
        match = _SEGMENT.fullmatch(segment.strip())
        if _INDEX.fullmatch(segment.strip()) and tokens:
            tokens.append(int(segment))
        elif match:
            tokens.append(match.group(1))
            tokens += [int(index) for index in re.findall(r"\d+", match.group(2))]
        else:
            raise OdapiError(
                f"Cannot read {segment!r} in the field path {path!r}.",
                hint="name fields as in train_config.batch_size or eval_input_reader[0].shuffle.",
            )
    return tokens


class _Assignment:
    """A walk down a message to the field that is set; keeps the root and the path for errors."""

    def __init__(self, root: Any, path: str):
        self._root = root
        self._path = path

    def apply(self, message: Any, tokens: list[str | int], value: str) -> list[str]:
        """Walks to the field and sets it; returns the oneof members dropped on the way."""
        replaced: list[str] = []
        walked = ""
        while True:
            field = self._field(message, tokens, walked)
            other = _other_oneof_member(message, field)
            if other:
                replaced.append(f"{walked}{other}")
            tokens = tokens[1:]
            walked += field.name
            index = None
            if tokens and isinstance(tokens[0], int):
                index = self._index(message, field, tokens[0], walked)
                walked += f"[{index}]"
                tokens = tokens[1:]
            if not tokens:
                self._assign(message, field, index, value)
                return replaced
            message = self._descend(message, field, index, walked)
            walked += "."

    def _field(self, message: Any, tokens: list[str | int], walked: str) -> Any:
        name, fields = tokens[0], message.DESCRIPTOR.fields_by_name
        if name in fields:
            return fields[name]
        where = walked.rstrip(".") or "a pipeline config"
        elsewhere = paths_ending_in(str(name), self._root)
        if elsewhere:
            hint = f"did you mean {' or '.join(elsewhere)}?"
        else:
            hint = f"{suggest(str(name), fields)}."
        raise OdapiError(f"{self._path}: {where} has no field {name!r}.", hint=hint)

    def _index(self, message: Any, field: Any, index: int, walked: str) -> int:
        if not field.is_repeated:
            raise OdapiError(f"{self._path}: {walked} is a single field and takes no index.")
        count = len(getattr(message, field.name))
        if index > count:
            raise OdapiError(
                f"{self._path}: {walked} has {count} items; there is no item {index}.",
                hint=f"count from 0; {walked}[{count}] appends one.",
            )
        return index

    def _descend(self, message: Any, field: Any, index: int | None, walked: str) -> Any:
        if field.message_type is None:
            raise OdapiError(f"{self._path}: {walked} is {_kind(field)} and has no fields.")
        value = getattr(message, field.name)
        if not field.is_repeated:
            value.SetInParent()
            return value
        if index is None:
            raise OdapiError(
                f"{self._path}: {walked} is a list of {len(value)}.",
                hint=f"name the item, as in {walked}[0].",
            )
        return value[index] if index < len(value) else value.add()

    def _assign(self, message: Any, field: Any, index: int | None, value: str) -> None:
        if field.message_type is not None:
            self._assign_message(message, field, index, value)
        elif not field.is_repeated:
            self._put(message, field, self._scalar(field, value))
        elif index is None:
            items = [self._scalar(field, item) for item in _list_items(value)]
            self._put_items(message, field, items)
        else:
            items = list(getattr(message, field.name))
            items[index : index + 1] = [self._scalar(field, value)]
            self._put_items(message, field, items)

    def _assign_message(self, message: Any, field: Any, index: int | None, value: str) -> None:
        from google.protobuf import text_format

        parsed = type(message)()
        is_braced = value.startswith(("{", "["))
        text = f"{field.name}: {value}" if is_braced else f"{field.name} {{ {value} }}"
        try:
            text_format.Parse(text, parsed)
        except text_format.ParseError as error:
            raise OdapiError(
                f"{self._path}: cannot read {value!r} as {_kind(field)}: "
                f"{str(error).replace('object_detection.protos.', '')}",
                hint=f"name one of its fields, as in {self._path}."
                f"{field.message_type.fields[0].name}=…, or give {{ … }} in text format."
                if field.message_type.fields
                else "it has no fields; write {}.",
            ) from None
        if not field.is_repeated:
            getattr(message, field.name).CopyFrom(getattr(parsed, field.name))
            getattr(message, field.name).SetInParent()
        else:
            items = list(getattr(message, field.name))
            start, stop = (0, len(items)) if index is None else (index, index + 1)
            items[start:stop] = list(getattr(parsed, field.name))
            copies = type(message)()
            getattr(copies, field.name).extend(items)
            message.ClearField(field.name)
            getattr(message, field.name).extend(getattr(copies, field.name))

    def _put(self, message: Any, field: Any, value: Any) -> None:
        try:
            setattr(message, field.name, value)
        except (TypeError, ValueError):
            raise self._wrong_type(field, str(value)) from None

    def _put_items(self, message: Any, field: Any, items: list[Any]) -> None:
        message.ClearField(field.name)
        try:
            getattr(message, field.name).extend(items)
        except (TypeError, ValueError):
            raise self._wrong_type(field, ", ".join(map(str, items))) from None

    def _scalar(self, field: Any, text: str) -> Any:
        try:
            return _parse_scalar(field, text)
        except ValueError:
            raise self._wrong_type(field, text) from None

    def _wrong_type(self, field: Any, text: str) -> OdapiError:
        hint = None
        if field.enum_type is not None:
            hint = f"{suggest(text, field.enum_type.values_by_name)}."
        return OdapiError(f"{self._path} takes {_kind(field)}; received {text!r}.", hint=hint)


def _other_oneof_member(message: Any, field: Any) -> str | None:
    """The member of a field's oneof that is set now, unless it is the field itself."""
    if field.containing_oneof is None:
        return None
    current = message.WhichOneof(field.containing_oneof.name)
    return current if current not in (None, field.name) else None


def _kind(field: Any) -> str:
    """The type of a field, or of an item of a repeated field, in words."""
    if field.message_type is not None:
        return f"a message {field.message_type.name}"
    if field.enum_type is not None:
        return f"a value of {field.enum_type.name}"
    return {
        field.CPPTYPE_INT32: "a whole number (int32)",
        field.CPPTYPE_INT64: "a whole number (int64)",
        field.CPPTYPE_UINT32: "a whole number from 0 (uint32)",
        field.CPPTYPE_UINT64: "a whole number from 0 (uint64)",
        field.CPPTYPE_FLOAT: "a number (float)",
        field.CPPTYPE_DOUBLE: "a number (double)",
        field.CPPTYPE_BOOL: "true or false",
    }.get(field.cpp_type, "text (string)")


def _parse_scalar(field: Any, text: str) -> Any:
    text = text.strip()
    if field.enum_type is not None:
        values = field.enum_type.values_by_name
        if text.upper() not in values and text not in values:
            raise ValueError(text)
        return values[text if text in values else text.upper()].number
    if field.cpp_type == field.CPPTYPE_BOOL:
        if text.lower() not in _TRUE + _FALSE:
            raise ValueError(text)
        return text.lower() in _TRUE
    if field.cpp_type in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
        return float(text)
    if field.cpp_type == field.CPPTYPE_STRING:
        return _unquote(text)
    return int(text)


def _unquote(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text


def _list_items(text: str) -> list[str]:
    """The items of `a, b` or `[a, b]`, split at commas outside double quotes; none in `[]`."""
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    if not text.strip():
        return []
    return _COMMA.split(text)
