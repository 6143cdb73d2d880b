"""A config in the making: what is set, and what is listed of it. No TensorFlow."""

import pytest

from odapi_ssd.config.files import new_config, parse_config
from odapi_ssd.configure.draft import ConfigDraft
from odapi_ssd.errors import OdapiError


def test_changes_are_listed_in_order():
    draft = ConfigDraft(new_config())
    draft.set("train_config.batch_size", 8)
    draft.set("model.ssd.num_classes", 3)
    draft.set("train_config.batch_size", 4)
    assert draft.config.train_config.batch_size == 4
    assert draft.changes == [
        ("train_config.batch_size", "8"),
        ("model.ssd.num_classes", "3"),
        ("train_config.batch_size", "4"),
    ]
    assert draft.notes == []


def test_a_field_that_is_dropped_is_a_note():
    draft = ConfigDraft(parse_config("model { ssd { num_classes: 3 } }"))
    draft.set("model.faster_rcnn.num_classes", 3)
    assert draft.notes == [
        "model.ssd was dropped: only one of it and model.faster_rcnn.num_classes can be set."
    ]


def test_a_field_that_does_not_exist_is_not_listed():
    draft = ConfigDraft(new_config())
    with pytest.raises(OdapiError, match="no field 'batchsize'"):
        draft.set("train_config.batchsize", 8)
    assert draft.changes == []
    assert draft.config == new_config()
