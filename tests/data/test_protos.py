import pytest
from google.protobuf import descriptor_pb2, text_format
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odapi_ssd.data.protos import Example, StringIntLabelMap

FEATURES = st.dictionaries(
    st.text(max_size=8),
    st.one_of(
        st.tuples(st.just("bytes_list"), st.lists(st.binary(max_size=20), max_size=4)),
        st.tuples(st.just("float_list"), st.lists(st.floats(width=32), max_size=4)),
        st.tuples(st.just("int64_list"), st.lists(st.integers(-(2**63), 2**63 - 1), max_size=4)),
    ),
    max_size=6,
)


def serialize(example_class, features):
    """Serializes an example of any class, feature by feature in the order given."""
    message = example_class()
    for key, (kind, values) in features.items():
        getattr(message.features.feature[key], kind).value.extend(values)
    return message.SerializeToString(deterministic=True)


def test_an_example_by_hand():
    features = {"b": ("int64_list", [1, 300]), "a": ("bytes_list", [b"x"])}
    assert serialize(Example, features) == bytes.fromhex(
        "0a1a"  # features: 26 bytes
        "0a0a 0a0161 1205 0a03 0a0178"  # "a": bytes_list of "x"
        "0a0c 0a0162 1207 1a05 0a03 01ac02"  # "b": int64_list, packed: 1, 300
    )


def test_an_empty_example():
    assert serialize(Example, {}) == b""


@pytest.fixture(scope="module")
def tensorflow_example():
    from odapi_ssd.compat import import_tensorflow

    return import_tensorflow().train.Example


@pytest.mark.tf
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(FEATURES)
def test_tensorflow_gives_and_takes_the_same_bytes(tensorflow_example, features):
    serialized = serialize(Example, features)
    assert serialized == serialize(tensorflow_example, features)
    again = tensorflow_example.FromString(serialized).SerializeToString(deterministic=True)
    assert again == serialized


def described(message_class):
    """A message's file as data, without what only code generators ask for."""
    file = descriptor_pb2.FileDescriptorProto()
    message_class.DESCRIPTOR.file.CopyToProto(file)
    return file


@pytest.mark.tf
@pytest.mark.usefixtures("api")
def test_the_apis_label_map_has_the_same_fields():
    from object_detection.protos import string_int_label_map_pb2

    assert described(StringIntLabelMap) == described(string_int_label_map_pb2.StringIntLabelMap)


def test_every_field_of_a_label_map_is_tolerated():
    text = """item { name: "a" id: 1 display_name: "A" keypoints { id: 2 label: "eye" }
        ancestor_ids: 3 descendant_ids: [4, 5] frequency: RARE instance_count: 6 }"""
    (item,) = text_format.Parse(text, StringIntLabelMap()).item
    assert (item.name, item.id, item.display_name) == ("a", 1, "A")
    assert list(item.descendant_ids) == [4, 5]
