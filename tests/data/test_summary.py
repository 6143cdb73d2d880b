import json

import pytest

from odapi_ssd.data.summary import DatasetSummary, SplitBoxFinding, SplitSummary
from odapi_ssd.errors import OdapiError

SUMMARY = DatasetSummary(
    label_map={"Löwe": 1},
    splits={"train": SplitSummary(2, 3, 1, {"Löwe": 3}, 2, (20, 40))},
    dropped=(SplitBoxFinding("a.xml", 1, "Löwe", "no area", "train"),),
    warnings=("careful",),
)


def test_round_trip(tmp_path):
    SUMMARY.save(tmp_path)
    assert DatasetSummary.load(tmp_path) == SUMMARY


def test_what_the_contract_promises_is_enough(tmp_path):
    content = {
        "label_map": {"dog": 1},
        "splits": {"train": {"num_examples": 1, "num_objects": 2, "num_shards": 1}},
        "dropped": [{"file": "a.xml", "object": 1, "reason": "no area"}],
    }
    (tmp_path / "dataset.json").write_text(json.dumps(content))
    summary = DatasetSummary.load(tmp_path)
    assert summary.splits["train"].num_objects == 2
    assert summary.dropped[0].reason == "no area"


def test_missing(tmp_path):
    with pytest.raises(OdapiError, match=r"dataset\.json does not exist"):
        DatasetSummary.load(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"label_map": {"a": "x"}}', "\xff"])
def test_unusable(tmp_path, text):
    (tmp_path / "dataset.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(OdapiError, match=r"dataset\.json is not the summary of a conversion"):
        DatasetSummary.load(tmp_path)


@pytest.mark.parametrize(
    ("entry", "value", "expected"),
    [
        ("label_map", {"dog": 1.5}, "label_map.dog is 1.5, a whole number was expected"),
        ("label_map", {"dog": 1e400}, "label_map.dog is inf, a whole number was expected"),
        ("splits", {"train": {}}, "the entry splits.train.num_examples is missing"),
        ("splits", [], "splits is [], an object { } was expected"),
        ("dropped", [5], "dropped[0] is 5, an object { } was expected"),
        ("dropped", 5, "dropped is 5, a list [ ] was expected"),
    ],
)
def test_an_entry_of_another_type_is_named(tmp_path, entry, value, expected):
    content = {"label_map": {"dog": 1}, "splits": {}, "dropped": [], entry: value}
    (tmp_path / "dataset.json").write_text(json.dumps(content))
    with pytest.raises(OdapiError) as caught:
        DatasetSummary.load(tmp_path)
    assert f"dataset.json is not the summary of a conversion: {expected}." in str(caught.value)


@pytest.mark.parametrize("size", [5, [1], [1, 2, 3], [1, "2"], [1.0, 2]])
def test_a_size_is_two_whole_numbers(tmp_path, size):
    split = {"num_examples": 1, "num_objects": 2, "num_shards": 1, "max_image_hw": size}
    content = {"label_map": {"dog": 1}, "splits": {"train": split}, "dropped": []}
    (tmp_path / "dataset.json").write_text(json.dumps(content))
    with pytest.raises(OdapiError, match=r"splits\.train\.max_image_hw is "):
        DatasetSummary.load(tmp_path)
