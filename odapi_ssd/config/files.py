"""Reads and writes pipeline configs: the API's `TrainEvalPipelineConfig` in protobuf text format.

Needs the API's protobuf modules only, not TensorFlow (which is imported for remote paths alone).
Setting single fields is in `overrides`, what a config means in `check`.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from odapi_ssd import compat
from odapi_ssd.config.field_names import nearest, suggest
from odapi_ssd.config.overrides import set_field
from odapi_ssd.config.paths import is_remote
from odapi_ssd.errors import OdapiError
from odapi_ssd.outputs.text_file import write_text

__all__ = ["config_to_text", "load_config", "new_config", "parse_config", "save_config"]

_UNKNOWN_FIELD = re.compile(r'Message type "([\w.]+)" has no field named "([^"]+)"')
_UNKNOWN_VALUE = re.compile(r'Enum type "([\w.]+)" has no value named (\w+)')


def new_config() -> Any:
    """An empty `pipeline_pb2.TrainEvalPipelineConfig`."""
    compat.activate_protos()
    from object_detection.protos import pipeline_pb2

    return pipeline_pb2.TrainEvalPipelineConfig()


def load_config(path: str | os.PathLike[str], overrides: Iterable[str] = ()) -> Any:
    """Reads a pipeline config.

    Args:
        path: the config's file, local or remote (`gs://…`).
        overrides: assignments `path.to.field=value`, applied in turn; see `overrides.set_field`.

    Returns:
        A `pipeline_pb2.TrainEvalPipelineConfig`.
    Raises:
        OdapiError: there is no such file, it is not a pipeline config, or an override is wrong.
    """
    config = parse_config(_read_text(os.fspath(path)), source=os.fspath(path))
    for assignment in overrides:
        set_field(config, assignment)
    return config


def parse_config(text: str, source: str = "<text>") -> Any:
    """Parses a pipeline config as the API does.

    Args:
        text: protobuf's text format.
        source: the name of the text in errors, such as its path.
    Raises:
        OdapiError: the text is not a pipeline config; says where, and which names are near.
    """
    from google.protobuf import text_format

    config = new_config()
    try:
        text_format.Merge(text, config)
    except text_format.ParseError as error:
        raise _explain(error, text, source) from None
    return config


def config_to_text(config: Any, header: str = "") -> str:
    """A config in protobuf's text format.

    Args:
        config: a `pipeline_pb2.TrainEvalPipelineConfig`.
        header: comes above the config, each line as a comment.
    """
    from google.protobuf import text_format

    lines = [f"# {line}".rstrip() for line in header.splitlines()]
    text = "\n".join([*lines, ""]) + "\n" if lines else ""
    return text + str(text_format.MessageToString(config))


def save_config(config: Any, path: str | os.PathLike[str], header: str = "") -> None:
    """Writes a config, replacing any file; the file appears complete or not at all.

    Args:
        config: a `pipeline_pb2.TrainEvalPipelineConfig`.
        path: a local file; its folder is made if it is missing.
        header: written above the config, each line as a comment.
    Raises:
        OdapiError: the file cannot be written.
    """
    write_text(path, config_to_text(config, header))


def _read_text(path: str) -> str:
    data = _read_remote(path) if is_remote(path) else _read_local(Path(path))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise OdapiError(
            f"{path} is not a text file.",
            hint="give a pipeline config in protobuf text format, such as those in pipelines/.",
        )
    if not text.strip():
        raise OdapiError(f"{path} is empty; a pipeline config was expected.")
    return text


def _read_local(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise OdapiError(f"There is no config file {path}.", hint=_similar_file(path)) from None
    except IsADirectoryError:
        files = sorted(file.name for file in path.glob("*.config"))
        hint = f"name a file in it: {', '.join(files)}." if files else "name a .config file."
        raise OdapiError(f"{path} is a folder; a config file was expected.", hint=hint) from None
    except OSError as error:
        raise OdapiError(f"Cannot read {path}: {error.strerror}.") from error


def _read_remote(path: str) -> bytes:
    tf = compat.import_tensorflow()
    try:
        with tf.io.gfile.GFile(path, "rb") as file:
            return file.read()
    except tf.errors.OpError as error:
        raise OdapiError(f"Cannot read {path}: {error.message}") from error


def _similar_file(path: Path) -> str:
    files = [file.name for file in path.parent.glob("*.config")] if path.parent.is_dir() else []
    matches = nearest(path.name, files)
    if matches:
        return f"did you mean {path.parent / matches[0]}?"
    return "`odapi-ssd configure` writes one from a template."


def _explain(error: Any, text: str, source: str) -> OdapiError:
    """The error for a text that does not parse: where, what, and which names are near."""
    line, column = error.GetLine(), error.GetColumn()
    where = f"{source}, line {line}, column {column}" if line else source
    message = re.sub(r"^\d+:\d+ : ", "", str(error)).strip()
    source_line = text.splitlines()[line - 1].strip() if line else ""
    message = message.removeprefix(f"'{text.splitlines()[line - 1]}': ") if line else message
    unknown_field = _UNKNOWN_FIELD.search(message)
    unknown_value = _UNKNOWN_VALUE.search(message)
    if unknown_field:
        problem, hint = _unknown_field(*unknown_field.groups())
    elif unknown_value:
        problem, hint = _unknown_value(*unknown_value.groups())
    else:
        problem, hint = message.replace("object_detection.protos.", ""), None
    details = [f"the line reads: {source_line[:200]}"] if source_line else []
    return OdapiError(f"{where}: {problem}", details=details, hint=hint)


def _unknown_field(message_name: str, field_name: str) -> tuple[str, str]:
    pool = new_config().DESCRIPTOR.file.pool
    descriptor = pool.FindMessageTypeByName(message_name)
    problem = f"message {descriptor.name} has no field named {field_name!r}."
    owners = [
        owner
        for owner, fields in _fields_by_message(new_config().DESCRIPTOR).items()
        if field_name in fields
    ]
    near = suggest(field_name, descriptor.fields_by_name)
    if owners:
        return problem, f"it is a field of {', '.join(owners[:5])}; in {descriptor.name}, {near}."
    return problem, f"{near}."


def _unknown_value(enum_name: str, value: str) -> tuple[str, str]:
    descriptor = new_config().DESCRIPTOR.file.pool.FindEnumTypeByName(enum_name)
    problem = f"{descriptor.name} has no value named {value!r}."
    return problem, f"{suggest(value, descriptor.values_by_name)}."


def _fields_by_message(root: Any) -> dict[str, list[str]]:
    """The names of the fields of every message type in a config, by the type's name."""
    fields: dict[str, list[str]] = {}
    pending = [root]
    while pending:
        descriptor = pending.pop(0)
        if descriptor.name in fields:
            continue
        fields[descriptor.name] = [field.name for field in descriptor.fields]
        pending += [field.message_type for field in descriptor.fields if field.message_type]
    return fields
