"""Filling templates. No TensorFlow: the records are empty files, which configure never opens."""

import json

import pytest

from odapi_ssd.config.files import load_config, new_config, parse_config, save_config
from odapi_ssd.config.templates import find_template, template_names
from odapi_ssd.configure.run import ConfigureOptions, configure
from odapi_ssd.errors import OdapiError

TEMPLATE = "ssd_mobilenet_v2_zoo_voc"


def _write_dataset(folder, splits):
    """A converted dataset of three classes; splits maps names to (examples, most objects)."""
    folder.mkdir(parents=True)
    (folder / "label_map.pbtxt").write_text("".join(
        f"item {{ id: {index} name: '{name}' }}\n" for index, name in enumerate("abc", start=1)
    ))  # fmt: skip
    for name, (examples, _) in splits.items():
        if examples:
            (folder / f"{name}.record-00000-of-00001").write_bytes(b"")
    (folder / "dataset.json").write_text(json.dumps({
        "label_map": {"a": 1, "b": 2, "c": 3},
        "splits": {
            name: {"num_examples": examples, "num_objects": examples * most, "num_shards": 1,
                   "max_objects_per_image": most}
            for name, (examples, most) in splits.items()
        },
        "dropped": [],
    }))  # fmt: skip
    return folder


@pytest.fixture
def records_dir(tmp_path):
    return _write_dataset(tmp_path / "r", {"train": (40, 7), "val": (9, 150), "test": (5, 2)})


@pytest.fixture
def run(records_dir, tmp_path):
    def run_(template=TEMPLATE, **options):
        options = {"records_dir": records_dir, "output_path": tmp_path / "o.config"} | options
        return configure(ConfigureOptions(template, **options))

    return run_


def _error(run, *args, **options):
    with pytest.raises(OdapiError) as caught:
        run(*args, **options)
    return str(caught.value)


class TestData:
    def test_fills_paths_classes_and_counts(self, run, records_dir, tmp_path):
        run()
        config = load_config(tmp_path / "o.config")
        train, evaluation = config.train_input_reader, config.eval_input_reader[0]
        assert list(train.tf_record_input_reader.input_path) == [
            f"{records_dir}/train.record-?????-of-?????"
        ]
        assert list(evaluation.tf_record_input_reader.input_path) == [
            f"{records_dir}/val.record-?????-of-?????"
        ]
        assert train.label_map_path == evaluation.label_map_path
        assert train.label_map_path == str(records_dir / "label_map.pbtxt")
        assert config.model.ssd.num_classes == 3
        assert train.shuffle_buffer_size == 40
        assert config.eval_config.num_examples == 9
        assert (evaluation.shuffle, evaluation.num_epochs) == (False, 1)
        assert (train.max_number_of_boxes, evaluation.max_number_of_boxes) == (100, 150)

    def test_paths_are_absolute(self, run, records_dir, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        config = run(records_dir=records_dir.relative_to(tmp_path)).config
        assert config.train_input_reader.label_map_path == str(records_dir / "label_map.pbtxt")

    def test_test_is_evaluated_on_without_val(self, run, tmp_path):
        folder = _write_dataset(tmp_path / "n", {"train": (4, 1), "val": (0, 0), "test": (2, 1)})
        configured = run(records_dir=folder)
        assert configured.config.eval_config.num_examples == 2
        assert "There is no split 'val'; 'test' is evaluated on." in configured.notes

    def test_splits_by_name(self, run):
        configured = run(train_split="test", eval_split="test")
        assert configured.config.eval_config.num_examples == 5
        assert "Training and evaluation both use the split 'test'." in configured.notes

    def test_no_split_to_evaluate_on(self, run, tmp_path):
        folder = _write_dataset(tmp_path / "n", {"train": (4, 1)})
        error = _error(run, records_dir=folder)
        assert "no split val or test" in error
        assert "it has train" in error

    def test_an_unknown_split(self, run):
        assert "has no split 'x'; it has train, val, test" in _error(run, train_split="x")

    def test_an_empty_split(self, run, tmp_path):
        folder = _write_dataset(tmp_path / "n", {"train": (0, 0), "val": (1, 1)})
        assert "has no example in the split 'train'" in _error(run, records_dir=folder)

    def test_records_that_are_gone(self, run, records_dir):
        (records_dir / "train.record-00000-of-00001").unlink()
        assert "holds no file train.record-?????-of-?????" in _error(run)

    def test_no_dataset(self, run, tmp_path):
        assert "dataset.json does not exist" in _error(run, records_dir=tmp_path / "nowhere")
        assert not (tmp_path / "o.config").exists()

    def test_no_label_map(self, run, records_dir):
        (records_dir / "label_map.pbtxt").unlink()
        assert "There is no label map" in _error(run)

    def test_a_folder_whose_name_is_a_pattern(self, run, tmp_path):
        folder = _write_dataset(tmp_path / "n[1]", {"train": (4, 1), "val": (1, 1)})
        assert "wildcards" in _error(run, records_dir=folder)


class TestTraining:
    def test_steps_carry_the_schedule_along(self, run):
        train_config = run(num_steps=5000).config.train_config
        schedule = train_config.optimizer.momentum_optimizer.learning_rate
        assert train_config.num_steps == 5000
        assert schedule.cosine_decay_learning_rate.total_steps == 5000
        assert schedule.cosine_decay_learning_rate.warmup_steps == 200

    def test_the_batch_size_carries_the_rates_along(self, run):
        configured = run(batch_size=8)
        schedule = configured.config.train_config.optimizer.momentum_optimizer.learning_rate
        cosine = schedule.cosine_decay_learning_rate
        assert cosine.learning_rate_base == pytest.approx(0.02 * 8 / 32)
        assert cosine.warmup_learning_rate == pytest.approx(0.002 * 8 / 32)
        assert any("scaled by 0.25" in note for note in configured.notes)

    def test_the_template_s_batch_size_changes_no_rate(self, run):
        assert not any("scaled" in note for note in run(batch_size=32).notes)

    @pytest.mark.parametrize("option", ["batch_size", "num_steps"])
    def test_nothing_below_one(self, run, option):
        assert f"--{option} is 0" in _error(run, **{option: 0})

    def test_set_comes_last(self, run):
        configured = run(num_steps=10, assignments=("train_config.num_steps=20",))
        assert configured.config.train_config.num_steps == 20
        assert configured.changes[-1] == ("train_config.num_steps", "20")

    def test_what_a_set_drops_is_said(self, run):
        rate = "learning_rate.constant_learning_rate.learning_rate"
        configured = run(assignments=(f"train_config.optimizer.adam_optimizer.{rate}=1e-3",))
        assert any("momentum_optimizer was dropped" in note for note in configured.notes)

    def test_a_typo_in_set_writes_nothing(self, run, tmp_path):
        assert "nearest valid: batch_size" in _error(run, assignments=("train_config.batchsize=1",))
        assert not (tmp_path / "o.config").exists()

    def test_a_checkpoint(self, run, tmp_path):
        (tmp_path / "ckpt-3.index").write_bytes(b"")
        for given in ("ckpt-3", "ckpt-3.index"):
            config = run(fine_tune_checkpoint=str(tmp_path / given)).config
            assert config.train_config.fine_tune_checkpoint == str(tmp_path / "ckpt-3")

    def test_a_checkpoint_of_no_type_is_taken_for_a_detectors(self, run, tmp_path):
        (tmp_path / "ckpt-3.index").write_bytes(b"")
        template = load_config(find_template(TEMPLATE))
        for given, expected in (("", "detection"), ("full", "full")):
            template.train_config.fine_tune_checkpoint_type = given
            save_config(template, tmp_path / "t.config")
            configured = run(
                str(tmp_path / "t.config"), fine_tune_checkpoint=str(tmp_path / "ckpt-3")
            )
            assert configured.config.train_config.fine_tune_checkpoint_type == expected
            assert any("a detector's" in note for note in configured.notes) == (given == "")

    def test_every_template_of_the_project_says_the_type(self):
        for name in template_names():
            train_config = load_config(find_template(name)).train_config
            assert train_config.fine_tune_checkpoint_type, name

    def test_a_checkpoint_that_is_not_there(self, run, tmp_path):
        assert "There is no checkpoint" in _error(
            run, fine_tune_checkpoint=str(tmp_path / "ckpt-3")
        )

    @pytest.mark.tf
    def test_the_newest_checkpoint_of_a_folder(self, run, tmp_path):
        (tmp_path / "ckpt-3.index").write_bytes(b"")
        (tmp_path / "checkpoint").write_text('model_checkpoint_path: "ckpt-3"')
        config = run(fine_tune_checkpoint=str(tmp_path)).config
        assert config.train_config.fine_tune_checkpoint == str(tmp_path / "ckpt-3")

    @pytest.mark.tf
    def test_a_folder_without_a_newest_names_its_checkpoints(self, run, tmp_path):
        (tmp_path / "ckpt-3.index").write_bytes(b"")
        assert str(tmp_path / "ckpt-3") in _error(run, fine_tune_checkpoint=str(tmp_path))

    def test_a_remote_checkpoint_is_not_looked_at(self, run):
        config = run(fine_tune_checkpoint="gs://bucket/ckpt-3").config
        assert config.train_config.fine_tune_checkpoint == "gs://bucket/ckpt-3"


class TestTemplates:
    def test_those_of_the_project(self):
        assert {"ssd_mobilenet_v2_voc", "efficientdet_d0_voc"} <= set(template_names())
        assert find_template(TEMPLATE) == find_template(f"{TEMPLATE}.config")

    def test_an_unknown_name(self):
        with pytest.raises(OdapiError, match="no template 'ssd_mobilnet_voc'") as caught:
            find_template("ssd_mobilnet_voc")
        assert "nearest valid: ssd_mobilenet_v2_voc" in caught.value.hint
        assert "efficientdet_d0_voc" in caught.value.hint

    def test_an_unknown_path(self):
        with pytest.raises(OdapiError, match=r"no config file nowhere/a\.config"):
            find_template("nowhere/a.config")

    def test_a_sample_config_of_the_api(self, run, tmp_path):
        path = tmp_path / "zoo.config"
        path.write_text(
            "model { faster_rcnn { num_classes: 90 } }"
            "train_config { num_steps: 100 fine_tune_checkpoint: 'PATH_TO_BE_CONFIGURED/ckpt-0' }"
            "train_input_reader { tf_record_input_reader { input_path: 'PATH_TO_BE_CONFIGURED' } }"
        )
        configured = run(str(path))
        assert configured.config.model.faster_rcnn.num_classes == 3
        assert configured.config.train_config.fine_tune_checkpoint == ""
        assert any("random weights" in note for note in configured.notes)
        assert "PATH_TO_BE_CONFIGURED" not in (tmp_path / "o.config").read_text()

    def test_center_net(self, run, tmp_path):
        save_config(parse_config("model { center_net { num_classes: 90 } }"), tmp_path / "c.config")
        assert run(str(tmp_path / "c.config")).config.model.center_net.num_classes == 3

    def test_no_model(self, run, tmp_path):
        config = new_config()
        config.train_config.batch_size = 1
        save_config(config, tmp_path / "c.config")
        assert "has no model" in _error(run, str(tmp_path / "c.config"))

    def test_the_template_is_not_overwritten(self, run, tmp_path):
        path = tmp_path / "o.config"
        path.write_text("model { ssd {} }")
        assert "is the template itself" in _error(run, str(path))
        assert path.read_text() == "model { ssd {} }"


def test_the_header_is_the_command(run, records_dir, tmp_path):
    run(num_steps=5, assignments=("train_config.batch_size=1",))
    header = (tmp_path / "o.config").read_text().splitlines()[:2]
    assert "from ssd_mobilenet_v2_zoo_voc.config" in header[0]
    assert header[1] == (
        f"# odapi-ssd configure --template {TEMPLATE} --records_dir {records_dir} "
        f"--output_path {tmp_path / 'o.config'} --num_steps 5 --set train_config.batch_size=1"
    )
