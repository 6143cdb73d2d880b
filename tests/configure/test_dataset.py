"""Filling a dataset into a config: paths, classes, counts, splits. No TensorFlow."""

import pytest

from odapi_ssd.config.files import load_config, new_config, parse_config, save_config
from odapi_ssd.errors import OdapiError
from tests.support.converted_dataset import write_converted


def _error(run, **options):
    with pytest.raises(OdapiError) as caught:
        run(**options)
    return str(caught.value)


def test_fills_paths_classes_and_counts(run, dataset_dir, tmp_path):
    run()
    config = load_config(tmp_path / "o.config")
    train, evaluation = config.train_input_reader, config.eval_input_reader[0]
    assert list(train.tf_record_input_reader.input_path) == [
        f"{dataset_dir}/train.record-?????-of-?????"
    ]
    assert list(evaluation.tf_record_input_reader.input_path) == [
        f"{dataset_dir}/val.record-?????-of-?????"
    ]
    assert train.label_map_path == evaluation.label_map_path
    assert train.label_map_path == str(dataset_dir / "label_map.pbtxt")
    assert config.model.ssd.num_classes == 3
    assert train.shuffle_buffer_size == 40
    assert config.eval_config.num_examples == 9
    assert (evaluation.shuffle, evaluation.num_epochs) == (False, 1)
    assert (train.max_number_of_boxes, evaluation.max_number_of_boxes) == (100, 150)


def test_paths_are_absolute(run, dataset_dir, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = run(records_dir=dataset_dir.relative_to(tmp_path)).config
    assert config.train_input_reader.label_map_path == str(dataset_dir / "label_map.pbtxt")


def test_test_is_evaluated_on_without_val(run, tmp_path):
    folder = write_converted(tmp_path / "n", {"train": (4, 1), "val": (0, 0), "test": (2, 1)})
    draft = run(records_dir=folder)
    assert draft.config.eval_config.num_examples == 2
    assert "There is no split 'val'; 'test' is evaluated on." in draft.notes


def test_splits_by_name(run):
    draft = run(train_split="test", eval_split="test")
    assert draft.config.eval_config.num_examples == 5
    assert "Training and evaluation both use the split 'test'." in draft.notes


def test_no_split_to_evaluate_on(run, tmp_path):
    folder = write_converted(tmp_path / "n", {"train": (4, 1)})
    error = _error(run, records_dir=folder)
    assert "no split val or test" in error
    assert "it has train" in error


def test_an_unknown_split(run):
    assert "has no split 'x'; it has train, val, test" in _error(run, train_split="x")


def test_an_empty_split(run, tmp_path):
    folder = write_converted(tmp_path / "n", {"train": (0, 0), "val": (1, 1)})
    assert "has no example in the split 'train'" in _error(run, records_dir=folder)


def test_records_that_are_gone(run, dataset_dir):
    (dataset_dir / "train.record-00000-of-00001").unlink()
    assert "holds no file train.record-?????-of-?????" in _error(run)


def test_no_dataset(run, tmp_path):
    assert "dataset.json does not exist" in _error(run, records_dir=tmp_path / "nowhere")
    assert not (tmp_path / "o.config").exists()


def test_no_label_map(run, dataset_dir):
    (dataset_dir / "label_map.pbtxt").unlink()
    assert "There is no label map" in _error(run)


def test_a_folder_whose_name_is_a_pattern(run, tmp_path):
    folder = write_converted(tmp_path / "n[1]", {"train": (4, 1), "val": (1, 1)})
    assert "wildcards" in _error(run, records_dir=folder)


def test_center_net(run, tmp_path):
    save_config(parse_config("model { center_net { num_classes: 90 } }"), tmp_path / "c.config")
    assert run(str(tmp_path / "c.config")).config.model.center_net.num_classes == 3


def test_no_model(run, tmp_path):
    config = new_config()
    config.train_config.batch_size = 1
    save_config(config, tmp_path / "c.config")
    assert "has no model" in _error(run, template=str(tmp_path / "c.config"))


def test_one_of_several_evaluation_readers_is_kept(run, dataset_dir, tmp_path):
    text = "model { ssd {} } eval_input_reader { shuffle: true } eval_input_reader {}"
    save_config(parse_config(text), tmp_path / "c.config")
    draft = run(str(tmp_path / "c.config"))
    (reader,) = draft.config.eval_input_reader
    assert reader.label_map_path == str(dataset_dir / "label_map.pbtxt")
    assert "Only the first eval_input_reader of the template was kept." in draft.notes


def test_an_evaluation_reader_is_added_where_there_is_none(run, tmp_path):
    save_config(parse_config("model { ssd {} }"), tmp_path / "c.config")
    (reader,) = run(str(tmp_path / "c.config")).config.eval_input_reader
    assert len(reader.tf_record_input_reader.input_path) == 1


def test_inputs_of_the_template_are_replaced(run, dataset_dir, tmp_path):
    text = (
        "model { ssd {} } train_input_reader { sample_from_datasets_weights: [1, 2] "
        "tf_record_input_reader { input_path: ['a', 'b'] } }"
    )
    save_config(parse_config(text), tmp_path / "c.config")
    reader = run(str(tmp_path / "c.config")).config.train_input_reader
    assert list(reader.tf_record_input_reader.input_path) == [
        f"{dataset_dir}/train.record-?????-of-?????"
    ]
    assert not reader.sample_from_datasets_weights
