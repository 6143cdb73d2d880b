"""Record files: absent, mixed, damaged, of another kind."""

import pytest

from odapi_ssd.check.report import check_config
from odapi_ssd.config.overrides import set_field
from tests.support.config_checks import (
    CAT,
    RECORDS,
    example,
    only,
    problems,
    warnings,
    write_records,
)

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [
        ([f"{RECORDS}=PATH_TO_BE_CONFIGURED/x"], "is still 'PATH_TO_BE_CONFIGURED/x'"),
        ([f"{RECORDS}=nowhere/*.record"], "nowhere/*.record matches no file"),
        ([f"{RECORDS}=[]"], "input_path: is empty"),
        (["train_input_reader.tf_record_input_reader={}"], "input_path: is empty"),
        (["train_input_reader={}"], "tf_record_input_reader: is not set"),
    ],
)  # fmt: skip
def test_problems(config, assignments, expected):
    found = problems(config, *assignments)
    assert any(expected in problem for problem in found), found


FIRST = "train.record-00000-of-00002"


def test_a_file_cut_short(config, data):
    path = data / FIRST
    path.write_bytes(path.read_bytes()[:-5])
    size = path.stat().st_size
    assert f"{path}: it is cut short within record 3, at byte {size}" in only(problems(config))


def test_a_file_cut_within_a_header(config, data):
    path = data / FIRST
    length = len(path.read_bytes()) // 4
    path.write_bytes(path.read_bytes()[: length + 3])
    assert "it ends within record 1" in only(problems(config))


def test_a_damaged_length(config, data):
    path = data / FIRST
    content = bytearray(path.read_bytes())
    content[len(content) // 4] ^= 1
    path.write_bytes(content)
    assert "record 1 is damaged" in only(problems(config))


def test_damaged_data(config, data):
    path = data / FIRST
    content = bytearray(path.read_bytes())
    content[len(content) // 2 + 20] ^= 1
    path.write_bytes(content)
    assert f"{path}, record 2: " in only(problems(config))


def test_a_file_of_another_kind(config, data):
    (data / FIRST).write_text("an annotation, not a record")
    assert "it is not a TFRecord file" in only(problems(config))


def test_no_record_at_all(config, data):
    for path in data.glob("train.record-*"):
        path.write_bytes(b"")
    assert f"no record in {data}/train.record-00000-of-00002" in only(problems(config))


def test_an_absent_shard(config, data):
    (data / FIRST).unlink()
    assert f"1 shard is absent: {data / FIRST}" in only(problems(config))


def test_a_pattern_that_means_one_shard_misses_no_other(config, data):
    set_field(config, f"{RECORDS}={data / FIRST}")
    assert problems(config) == []


def test_shards_of_two_conversions(config, data):
    write_records(data / "train.record-00000-of-00001", example(CAT))
    assert "(-of-00001 and -of-00002)" in only(warnings(config))


def test_a_folder(config, data):
    (data / "folder").mkdir()
    set_field(config, f"{RECORDS}={data}/folder")
    assert f"{data}/folder is a folder" in only(problems(config))


def test_a_large_dataset_is_read_in_part(config, monkeypatch):
    from odapi_ssd.check import inputs

    monkeypatch.setattr(inputs, "_MAX_BYTES_READ", 1)
    facts = dict(check_config(config).facts)
    assert facts["training examples"] == "6 in 2 files, 2 of them read"
