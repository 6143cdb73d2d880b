"""Boxes of records: what is read, what is left out, and which records cannot be used."""

import numpy as np
import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.inspection.anchors.record_boxes import find_record_files, read_boxes
from tests.support.anchor_checks import TRAIN, load_with
from tests.support.recorded_progress import RecordedProgress

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


class TestReadBoxes:
    def test_a_record_by_hand(self, records):
        progress = RecordedProgress()
        found = read_boxes([str(records)], progress)
        assert found.image_names == ["tall.png"]
        assert found.image_hws == [(200, 100)]
        np.testing.assert_allclose(found.boxes_yxyx, [[0, 0, 0.5, 1], [0.55, 0.6, 0.575, 0.65]])
        assert found.image_idx.tolist() == [0, 0]
        assert found.class_names == ["a", "b"]
        assert found.num_left_out == 1
        assert progress.counts == [(1, 1)]

    def test_damaged_and_empty_files(self, records):
        content = records.read_bytes()
        records.write_bytes(content[:-20])
        with pytest.raises(OdapiError, match=r"one\.record: it is cut short"):
            read_boxes([str(records)])
        records.write_bytes(b"")
        with pytest.raises(OdapiError, match=r"no record in .*one\.record"):
            read_boxes([str(records)])

    def test_records_without_images(self, tmp_path):
        import tensorflow as tf

        path = tmp_path / "odd.record"
        with tf.io.TFRecordWriter(str(path)) as writer:
            for encoded in (b"text", b"\xff\xd8 no more", None):
                message = tf.train.Example()
                values = message.features.feature["image/encoded"].bytes_list.value
                values.extend([] if encoded is None else [encoded])
                writer.write(message.SerializeToString())
        with pytest.raises(OdapiError, match="3 records cannot be used"):
            read_boxes([str(path)])


class TestFindRecordFiles:
    def test_the_splits(self, tiny_config_path, records_dir):
        config = load_with(tiny_config_path)
        warnings = []
        train = sorted(map(str, records_dir.glob("train.record-*")))
        assert find_record_files(config, None, warnings) == train
        assert find_record_files(config, "train", warnings) == train
        val = sorted(map(str, records_dir.glob("val.record-*")))
        assert find_record_files(config, "val", warnings) == val
        assert warnings == []

    def test_absent_files_are_an_error_only_if_asked_for(self, tiny_config_path, tmp_path):
        config = load_with(tiny_config_path, **{TRAIN: tmp_path / "none*"})
        warnings = []
        assert find_record_files(config, None, warnings) == []
        (warning,) = warnings
        assert "matches no file" in warning
        with pytest.raises(OdapiError, match="input_path matches no file"):
            find_record_files(config, "train", warnings)

    def test_an_absent_shard_is_a_warning(self, tiny_config_path, records, tmp_path):
        present = records.rename(tmp_path / "a.record-00000-of-00002")
        config = load_with(tiny_config_path, **{TRAIN: tmp_path / "a.record*"})
        warnings = []
        assert find_record_files(config, None, warnings) == [str(present)]
        (warning,) = warnings
        assert warning.startswith("1 shard is absent: ")
