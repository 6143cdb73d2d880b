"""Message classes of two public protobuf formats: `tf.train.Example` and the API's label map.

Names, numbers and types of the fields are those of `tensorflow/core/example/*.proto` and
`object_detection/protos/string_int_label_map.proto`. The descriptors are in a pool of their own:
they need neither TensorFlow nor the API, and do not collide with theirs in one process.
"""

from collections.abc import Iterable
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

__all__ = ["Example", "StringIntLabelMap"]

_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bytes": _Field.TYPE_BYTES,
    "float": _Field.TYPE_FLOAT,
    "int32": _Field.TYPE_INT32,
    "int64": _Field.TYPE_INT64,
    "string": _Field.TYPE_STRING,
}
_pool = descriptor_pool.DescriptorPool()


def _message(name: str, *fields: Any, nested: Iterable[Any] = ()) -> Any:
    return descriptor_pb2.DescriptorProto(name=name, field=fields, nested_type=nested)


def _field(name: str, number: int, kind: str, *, is_repeated: bool = False) -> Any:
    """A field; `kind` is a scalar type or the full name of a message."""
    field = _Field(name=name, number=number)
    field.label = _Field.LABEL_REPEATED if is_repeated else _Field.LABEL_OPTIONAL
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type, field.type_name = _Field.TYPE_MESSAGE, f".{kind}"
    return field


def _repeated(name: str, number: int, kind: str) -> Any:
    return _field(name, number, kind, is_repeated=True)


def _example_file() -> Any:
    """proto3, in which repeated numbers are packed by default."""
    kinds = (("BytesList", "bytes"), ("FloatList", "float"), ("Int64List", "int64"))
    lists = [_message(name, _repeated("value", 1, scalar)) for name, scalar in kinds]
    feature = _message(
        "Feature",
        _field("bytes_list", 1, "tensorflow.BytesList"),
        _field("float_list", 2, "tensorflow.FloatList"),
        _field("int64_list", 3, "tensorflow.Int64List"),
    )
    feature.oneof_decl.add(name="kind")
    for field in feature.field:
        field.oneof_index = 0
    entry = _message(
        "FeatureEntry", _field("key", 1, "string"), _field("value", 2, "tensorflow.Feature")
    )
    entry.options.map_entry = True
    features = _message(
        "Features",
        _repeated("feature", 1, "tensorflow.Features.FeatureEntry"),
        nested=[entry],
    )
    example = _message("Example", _field("features", 1, "tensorflow.Features"))
    return descriptor_pb2.FileDescriptorProto(
        name="tensorflow/core/example/example.proto",
        package="tensorflow",
        syntax="proto3",
        message_type=[*lists, feature, features, example],
    )


def _label_map_file() -> Any:
    """proto2; all fields that an item may have, so that none of them is refused."""
    package = "object_detection.protos"
    frequency = descriptor_pb2.EnumDescriptorProto(name="LVISFrequency")
    for number, name in enumerate(("UNSPECIFIED", "FREQUENT", "COMMON", "RARE")):
        frequency.value.add(name=name, number=number)
    item = _message(
        "StringIntLabelMapItem",
        _field("name", 1, "string"),
        _field("id", 2, "int32"),
        _field("display_name", 3, "string"),
        _repeated("keypoints", 4, f"{package}.StringIntLabelMapItem.KeypointMap"),
        _repeated("ancestor_ids", 5, "int32"),
        _repeated("descendant_ids", 6, "int32"),
        _Field(
            name="frequency",
            number=7,
            label=_Field.LABEL_OPTIONAL,
            type=_Field.TYPE_ENUM,
            type_name=f".{package}.LVISFrequency",
        ),
        _field("instance_count", 8, "int32"),
        nested=[_message("KeypointMap", _field("id", 1, "int32"), _field("label", 2, "string"))],
    )
    return descriptor_pb2.FileDescriptorProto(
        name="object_detection/protos/string_int_label_map.proto",
        package=package,
        enum_type=[frequency],
        message_type=[
            item,
            _message("StringIntLabelMap", _repeated("item", 1, f"{package}.{item.name}")),
        ],
    )


def _message_class(file: Any, name: str) -> Any:
    _pool.Add(file)
    descriptor = _pool.FindMessageTypeByName(f"{file.package}.{name}")
    return message_factory.GetMessageClass(descriptor)


Example: Any = _message_class(_example_file(), "Example")
"""`tf.train.Example`."""

StringIntLabelMap: Any = _message_class(_label_map_file(), "StringIntLabelMap")
"""`object_detection.protos.StringIntLabelMap`."""
