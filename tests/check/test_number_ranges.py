"""Ranges by hand, and that the table names fields that exist."""

import math

import pytest

from odapi_ssd.check.number_ranges import RANGES, SHARE, NumberRange

_NAN = math.nan


@pytest.mark.parametrize(
    ("number_range", "inside", "outside", "text"),
    [
        (SHARE, [0, 0.5, 1], [-0.001, 1.001, _NAN], "0 to 1"),
        (NumberRange(1), [1, 10**12], [0, -5, _NAN], "1 or more"),
        (NumberRange(0, is_open_below=True), [1e-30], [0, -1, _NAN], "above 0"),
        (NumberRange(0, 1, is_open_below=True), [1e-9, 1], [0, 1.5], "above 0 and at most 1"),
        (NumberRange(0, 1, is_open_above=True), [0, 0.999], [1, -1], "0 or more and below 1"),
    ],
)
def test_what_a_range_holds(number_range, inside, outside, text):
    assert all(number in number_range for number in inside)
    assert not any(number in number_range for number in outside)
    assert str(number_range) == text


@pytest.mark.tf
def test_every_range_is_of_a_number_and_its_default_is_in_it(api):
    from object_detection.protos import pipeline_pb2

    messages = {}
    waiting = [pipeline_pb2.TrainEvalPipelineConfig.DESCRIPTOR]
    while waiting:
        descriptor = waiting.pop()
        name = descriptor.full_name.removeprefix("object_detection.protos.")
        if name not in messages:
            messages[name] = descriptor
            waiting += [field.message_type for field in descriptor.fields if field.message_type]
    for name, ranges in RANGES.items():
        fields = messages[name].fields_by_name
        for field_name, number_range in ranges.items():
            field = fields[field_name]
            assert field.cpp_type not in (field.CPPTYPE_MESSAGE, field.CPPTYPE_STRING)
            if not field.is_repeated and not _may_be_unset(name, field_name):
                assert field.default_value in number_range, (name, field_name)


def _may_be_unset(message: str, field: str) -> bool:
    """Sizes of steps that do nothing until somebody gives them a size."""
    return (message, field) in {
        ("RandomResizeMethod", "target_height"),
        ("RandomResizeMethod", "target_width"),
        ("ResizeImage", "new_height"),
        ("ResizeImage", "new_width"),
    }
