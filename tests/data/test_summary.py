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
