from pathlib import Path

from odapi_ssd.data.formats.tfrecord import TfRecordWriter
from odapi_ssd.data.formats.writing import WriterContext


def test_the_records_of_the_splits_are_its_targets(tmp_path):
    for name in ("train.record-00000-of-00001", "val.record-00000-of-00001", "train.txt"):
        (tmp_path / name).touch()
    assert TfRecordWriter.target_names(tmp_path, ("train", "test")) == [
        "train.record-00000-of-00001"
    ]


def test_shards_as_asked_for_or_by_size():
    assert TfRecordWriter(WriterContext(Path(), {}, 3)).open_split("val", 5, 10).num_shards == 3
    by_size = TfRecordWriter(WriterContext(Path(), {}))
    assert by_size.open_split("val", 5, 10).num_shards == 1
    assert by_size.open_split("val", 5, 10**9).num_shards == 5
