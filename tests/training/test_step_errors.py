"""TensorFlow's errors in training, with real records and a real input pipeline."""

import errno
import os

import pytest

from odapi_ssd.config.files import load_config, new_config
from odapi_ssd.data.records import keys
from odapi_ssd.data.records.reader import read_records
from odapi_ssd.errors import OdapiError
from tests.support.record_files import serialize_example, write_records
from tests.support.recorded_progress import RecordedProgress
from tests.support.runs import saved_steps

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


@pytest.fixture
def bad_record(records_dir):
    """A record whose image is damaged in the middle, behind a checksum that is right."""
    (first, *_) = read_records(str(next(records_dir.glob("train.record-*"))))
    from odapi_ssd.data.protos import Example

    message = Example.FromString(first)
    features = message.features.feature
    (image,) = features[keys.ENCODED].bytes_list.value
    features[keys.ENCODED].bytes_list.value[:] = [image[: len(image) // 2]]
    features[keys.FILENAME].bytes_list.value[:] = [b"bad.jpg"]
    return message.SerializeToString()


@pytest.fixture
def good_records(records_dir):
    return list(read_records(str(next(records_dir.glob("train.record-*")))))


def _setup(input_path, batch_size=4):
    from odapi_ssd.training.setup import TrainingSetup

    config = new_config()
    config.train_config.batch_size = batch_size
    config.train_input_reader.tf_record_input_reader.input_path.append(str(input_path))
    return TrainingSetup(
        strategy=None, train_config=config.train_config, input_reader=config.train_input_reader,
        model=None, optimizer=None, learning_rate=lambda: 0, global_step=None, dataset=None,
    )  # fmt: skip


def _explanation(setup, error):
    from odapi_ssd.training.step_errors import explained_step_errors

    def fail():
        with explained_step_errors(setup, RecordedProgress()):
            raise error

    with pytest.raises(OdapiError) as caught:
        fail()
    return caught.value


def _invalid(message="Expected image"):
    import tensorflow as tf

    return tf.errors.InvalidArgumentError(None, None, message)


class TestInput:
    def test_records_are_named_with_their_images(self, tmp_path, good_records, bad_record):
        path = write_records(tmp_path / "a.record-00000-of-00001", [*good_records[:2], bad_record])
        explained = _explanation(_setup(tmp_path / "a.record-*"), _invalid())
        (line,) = explained.details
        assert line.startswith(f"{path}, record 2, bad.jpg: TensorFlow does not decode it")
        assert "--verify full" in explained.hint

    def test_records_that_are_no_examples_or_lack_an_image(self, tmp_path, good_records):
        empty = serialize_example({"image/filename": [b"x.jpg"]})
        path = write_records(tmp_path / "a", [b"\xff", good_records[0], empty])
        explained = _explanation(_setup(path), _invalid())
        assert [line.split(" is ")[0].split(" has ")[0] for line in explained.details] == [
            f"{path}, record 0",
            f"{path}, record 2",
        ]

    def test_a_damaged_file_is_named(self, tmp_path, good_records):
        path = tmp_path / "a"
        write_records(path, good_records[:2])
        path.write_bytes(path.read_bytes()[:-9])
        (line,) = _explanation(_setup(path), _invalid()).details
        assert str(path) in line

    def test_no_more_than_a_hundred_are_named(self, tmp_path):
        path = write_records(tmp_path / "a", [b"\xff"] * 150)
        assert len(_explanation(_setup(path), _invalid()).details) == 100

    def test_without_such_a_record_the_error_passes(self, tmp_path, good_records):
        from odapi_ssd.training.step_errors import explained_step_errors

        path = write_records(tmp_path / "a", good_records[:1])
        error = _invalid()
        with (
            pytest.raises(type(error)) as caught,
            explained_step_errors(_setup(path), RecordedProgress()),
        ):
            raise error
        assert caught.value is error


def test_a_full_disk_is_said(tmp_path):
    import tensorflow as tf

    words = os.strerror(errno.ENOSPC)
    error = tf.errors.ResourceExhaustedError(None, None, f"{tmp_path}/events; {words}")
    assert "the disk is full" in _explanation(_setup(tmp_path), error).problem


def test_too_little_memory_is_said(tmp_path):
    import tensorflow as tf

    error = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
    explained = _explanation(_setup(tmp_path, batch_size=32), error)
    assert "batch_size: 32" in explained.problem


@pytest.mark.slow
def test_a_run_saves_its_step_and_names_the_image(
    tiny_config_path, tmp_path, good_records, bad_record
):
    """The bad image is far behind: the input pipeline reads ahead."""
    from odapi_ssd.training.loop import train_loop

    path = write_records(tmp_path / "a", [*good_records * 2, bad_record])
    config = load_config(
        tiny_config_path,
        [
            "train_config.num_steps=1000",
            "train_config.batch_size=1",
            "train_input_reader.shuffle=false",
            f"train_input_reader.tf_record_input_reader.input_path=[{path!r}]",
        ],
    )
    progress = RecordedProgress()
    with pytest.raises(OdapiError, match="Training cannot use 1 record") as caught:
        train_loop(config, str(tmp_path / "run"), record_summaries=False, progress=progress)
    assert "bad.jpg" in caught.value.details[0]
    first, last = saved_steps(tmp_path / "run")
    assert first == 0
    assert 0 < last < 1000
    assert progress.saved_steps == [0, last]
