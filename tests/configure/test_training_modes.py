"""Modes and checkpoints of configure: what they set, and which checkpoints they refuse."""

import pytest

from odapi_ssd.checkpoints.trained_config import NOTE_NAME
from odapi_ssd.config.files import load_config, parse_config, save_config
from odapi_ssd.config.templates import find_template, template_names
from odapi_ssd.configure.training_modes import MODES, require_mode
from odapi_ssd.errors import OdapiError, OptionError
from odapi_ssd.plugin.building import build_classification_network
from odapi_ssd.weights.detector_config import config_of_template
from odapi_ssd.weights.sources import tutorial
from tests.support.saved_checkpoints import (
    index_file,
    truncate,
    write_before_first_step,
    write_checkpoint,
    write_tf1_checkpoint,
    write_without_variables,
)

_BACKBONE = "_feature_extractor/classification_backbone/"
_TEMPLATE = "ssd_mobilenet_v2_quickstart"
_WIDTH = "model.ssd.feature_extractor.depth_multiplier"
_FIRST_SIZE = (
    "model.ssd.anchor_generator.flexible_grid_anchor_generator.anchor_grid[0].base_sizes[0]"
)


def _with_tensorflow(test_class):
    return pytest.mark.tf(pytest.mark.usefixtures("api")(test_class))


class TestRequireMode:
    @pytest.mark.parametrize(
        ("mode", "checkpoint"), [(None, None), (None, "c"), ("scratch", None), ("all-layers", "c")]
    )
    def test_one_that_exists(self, mode, checkpoint):
        require_mode(mode, checkpoint)

    @pytest.mark.parametrize(
        ("mode", "checkpoint", "expected"),
        [
            ("both", None, "is 'both'; one of scratch, from-detector, new-layers, all-layers was"),
            ("scratch", "c", "scratch starts from random weights"),
            ("from-detector", None, r"from-detector needs .* of a detector\.$"),
            ("new-layers", None, r"new-layers needs .* of a classification network\.$"),
            (
                "all-layers",
                None,
                r"all-layers needs .* a detector or a classification network\.$",
            ),
        ],
    )
    def test_one_that_does_not(self, mode, checkpoint, expected):
        with pytest.raises(OptionError, match=f"--mode {expected}"):
            require_mode(mode, checkpoint)

    def test_the_modes(self):
        assert MODES == ("scratch", "from-detector", "new-layers", "all-layers")


class TestWithoutAMode:
    def test_a_checkpoint(self, run, tmp_path):
        write_without_variables(tmp_path, "ckpt-3")
        for given in ("ckpt-3", "ckpt-3.index"):
            config = run(fine_tune_checkpoint=str(tmp_path / given)).config
            assert config.train_config.fine_tune_checkpoint == str(tmp_path / "ckpt-3")

    def test_a_checkpoint_of_no_type_is_taken_for_a_detectors(self, run, tmp_path):
        write_without_variables(tmp_path, "ckpt-3")
        template = load_config(find_template("ssd_mobilenet_v2_zoo_voc"))
        for given, expected in (("", "detection"), ("full", "full")):
            template.train_config.fine_tune_checkpoint_type = given
            save_config(template, tmp_path / "t.config")
            draft = run(str(tmp_path / "t.config"), fine_tune_checkpoint=str(tmp_path / "ckpt-3"))
            assert draft.config.train_config.fine_tune_checkpoint_type == expected
            assert any("a detector's" in note for note in draft.notes) == (given == "")

    def test_every_template_of_the_project_says_the_type(self):
        for name in template_names():
            train_config = load_config(find_template(name)).train_config
            assert train_config.fine_tune_checkpoint_type, name

    def test_a_checkpoint_that_is_not_there(self, run, tmp_path):
        with pytest.raises(OdapiError, match="There is no checkpoint"):
            run(fine_tune_checkpoint=str(tmp_path / "ckpt-3"))

    @pytest.mark.tf
    def test_the_newest_checkpoint_of_a_folder(self, run, tmp_path):
        write_without_variables(tmp_path, "ckpt-3")
        (tmp_path / "checkpoint").write_text('model_checkpoint_path: "ckpt-3"')
        config = run(fine_tune_checkpoint=str(tmp_path)).config
        assert config.train_config.fine_tune_checkpoint == str(tmp_path / "ckpt-3")

    def test_a_folder_without_a_state_file(self, run, tmp_path):
        write_without_variables(tmp_path, "ckpt-3", "ckpt-12")
        draft = run(fine_tune_checkpoint=str(tmp_path))
        assert draft.config.train_config.fine_tune_checkpoint == str(tmp_path / "ckpt-12")
        assert any("holds no file `checkpoint`: ckpt-12, the" in note for note in draft.notes)

    @pytest.mark.tf
    def test_a_damaged_checkpoint(self, run, tmp_path):
        write_without_variables(tmp_path, "ckpt-2", "ckpt-3")
        truncate(index_file(f"{tmp_path}/ckpt-3"), 30)
        with pytest.raises(OdapiError, match=r"ckpt-3\.index: truncated"):
            run(fine_tune_checkpoint=str(tmp_path / "ckpt-3"))

    def test_a_remote_checkpoint_is_not_looked_at(self, run):
        config = run(fine_tune_checkpoint="gs://bucket/ckpt-3").config
        assert config.train_config.fine_tune_checkpoint == "gs://bucket/ckpt-3"

    def test_a_sample_config_of_the_api(self, run, tmp_path):
        path = tmp_path / "zoo.config"
        path.write_text(
            "model { faster_rcnn { num_classes: 90 } }"
            "train_config { num_steps: 100 fine_tune_checkpoint: 'PATH_TO_BE_CONFIGURED/ckpt-0' }"
            "train_input_reader { tf_record_input_reader { input_path: 'PATH_TO_BE_CONFIGURED' } }"
        )
        draft = run(str(path))
        assert draft.config.model.faster_rcnn.num_classes == 3
        assert draft.config.train_config.fine_tune_checkpoint == ""
        assert any("random weights" in note for note in draft.notes)
        assert "PATH_TO_BE_CONFIGURED" not in (tmp_path / "o.config").read_text()


def _start(draft):
    """Type, frozen and trained patterns of a config."""
    train_config = draft.config.train_config
    return (
        train_config.fine_tune_checkpoint_type,
        list(train_config.freeze_variables),
        list(train_config.update_trainable_variables),
    )


@_with_tensorflow
class TestModes:
    @pytest.mark.parametrize(
        ("mode", "root", "kind", "frozen"),
        [
            ("from-detector", "model", "detection", []),
            ("new-layers", "feature_extractor", "classification", [_BACKBONE]),
            ("all-layers", "feature_extractor", "classification", []),
            ("all-layers", "model", "full", []),
        ],
    )
    def test_what_a_mode_sets(self, run_mode, tmp_path, mode, root, kind, frozen):
        prefix = write_checkpoint(tmp_path, root)
        template = load_config(find_template(_TEMPLATE))
        template.train_config.freeze_variables.append("x")
        template.train_config.update_trainable_variables.append("y")
        template.train_config.fine_tune_checkpoint_type = "other"
        save_config(template, tmp_path / "t.config")
        draft = run_mode(mode, prefix, tmp_path / "t.config")
        assert _start(draft) == (kind, frozen, [])
        assert draft.config.train_config.fine_tune_checkpoint == str(prefix)
        assert load_config(tmp_path / f"{mode}.config") == draft.config

    def test_scratch(self, run_mode, tmp_path):
        overrides = ["train_config.fine_tune_checkpoint=c", "train_config.freeze_variables=x"]
        template = load_config(find_template(_TEMPLATE), overrides)
        save_config(template, tmp_path / "t.config")
        draft = run_mode("scratch", template=tmp_path / "t.config")
        assert draft.config.train_config.fine_tune_checkpoint == ""
        assert not draft.config.train_config.freeze_variables

    def test_what_is_set_by_hand_comes_last(self, run_mode, tmp_path):
        prefix = write_checkpoint(tmp_path, "feature_extractor")
        more = ("train_config.freeze_variables[1]='moving'",)
        draft = run_mode("new-layers", prefix, assignments=more)
        assert _start(draft)[1] == [_BACKBONE, "moving"]

    @pytest.mark.parametrize(
        ("mode", "roots", "expected"),
        [
            ("from-detector", ["feature_extractor"], "ckpt-1 holds a classification network.\n"
             "What to do: --mode new-layers trains what is new on top of it, --mode all-layers"),
            ("new-layers", ["model"], "ckpt-1 holds a detector.\nWhat to do: --mode from-detector"),
            ("all-layers", ["net", "ema"], "nor a classification network (feature_extractor), but "
             "ema, net."),
            ("new-layers", [], "but nothing."),
        ],
    )  # fmt: skip
    def test_a_checkpoint_that_does_not_suit(self, run_mode, tmp_path, mode, roots, expected):
        prefix = write_checkpoint(tmp_path, *roots)
        with pytest.raises(OdapiError) as caught:
            run_mode(mode, prefix)
        assert expected in str(caught.value)
        assert not (tmp_path / f"{mode}.config").exists()

    def test_a_detector_before_its_first_step(self, run_mode, tmp_path):
        with pytest.raises(OdapiError, match="holds no weights, only the state before the first"):
            run_mode("from-detector", write_before_first_step(tmp_path))

    def test_a_checkpoint_of_tensorflow_1(self, run_mode, tmp_path):
        prefix = write_tf1_checkpoint(tmp_path)
        with pytest.raises(OdapiError, match="checkpoint of TensorFlow 1"):
            run_mode("new-layers", prefix)

    def test_a_file_that_is_no_checkpoint(self, run_mode, tmp_path):
        (tmp_path / "ckpt-1.index").write_text("not a table")
        with pytest.raises(OdapiError, match="ckpt-1 cannot be used:"):
            run_mode("new-layers", tmp_path / "ckpt-1")

    @pytest.mark.parametrize("mode", ["new-layers", "all-layers"])
    def test_hourglass_networks_of_center_net_are_no_classification_networks(
        self, run_mode, tmp_path, mode
    ):
        text = "model { center_net { feature_extractor { type: 'hourglass_104' } } }"
        save_config(parse_config(text), tmp_path / "t.config")
        prefix = write_checkpoint(tmp_path, "feature_extractor")
        with pytest.raises(OdapiError, match=r"knows none in .* hourglass_104"):
            run_mode(mode, prefix, tmp_path / "t.config")


@_with_tensorflow
class TestAllOfADetector:
    """all-layers goes on with a run; what its note says of it has to be the same."""

    def _write_run(self, folder, config, *overrides):
        noted = load_config(config, overrides)
        save_config(noted, folder / NOTE_NAME)
        return write_checkpoint(folder, "model")

    def test_of_the_same_classes(self, run_mode, tiny_config_path, tmp_path):
        prefix = self._write_run(tmp_path, tiny_config_path)
        draft = run_mode("all-layers", prefix, tiny_config_path)
        assert _start(draft)[0] == "full"
        assert not any(NOTE_NAME in note for note in draft.notes)

    def test_without_a_note(self, run_mode, tiny_config_path, tmp_path):
        prefix = write_checkpoint(tmp_path, "model")
        draft = run_mode("all-layers", prefix, tiny_config_path)
        (note,) = (note for note in draft.notes if "No config came with" in note)
        assert "make sure that its detector has this model's anchors and these classes" in note

    def test_of_another_number_of_classes(self, run_mode, tiny_config_path, tmp_path):
        prefix = self._write_run(tmp_path, tiny_config_path, "model.ssd.num_classes=90")
        with pytest.raises(OdapiError, match="num_classes is 90 there and 3 in the") as caught:
            run_mode("all-layers", prefix, tiny_config_path)
        assert "--mode from-detector" in caught.value.hint
        assert _start(run_mode("from-detector", prefix, tiny_config_path))[0] == "detection"

    def test_of_other_classes_as_many(self, run_mode, tiny_config_path, tmp_path):
        labels = tmp_path / "labels.pbtxt"
        labels.write_text("".join(f"item {{ id: {i} name: 'c{i}' }}\n" for i in (1, 2, 3)))
        overrides = f"train_input_reader.label_map_path={labels}"
        prefix = self._write_run(tmp_path, tiny_config_path, overrides)
        with pytest.raises(OdapiError, match=r"classes: 1 c1, 2 c2, 3 c3 there, 1 circle, "):
            run_mode("all-layers", prefix, tiny_config_path)


@_with_tensorflow
class TestADetectorWithItsConfig:
    """Imported weights, exports and the API's downloads: checkpoint/, and the config above it."""

    @pytest.fixture
    def imported(self, tmp_path):
        """Writes the checkpoint, and the template with other values above it."""

        def write(*overrides):
            folder = tmp_path / "weights"
            config = load_config(find_template("ssd_vgg_voc"), overrides)
            save_config(config, folder / "pipeline.config")
            return write_checkpoint(folder / "checkpoint", "model")

        return write

    def test_other_anchors_of_the_same_shapes(self, run_mode, imported, tmp_path):
        """What the tutorial's weights are to the template: its order within a cell, its sizes."""
        prefix = imported()
        config = config_of_template(tutorial.SOURCE, num_classes=3).config
        save_config(config, tmp_path / "weights" / "pipeline.config")
        with pytest.raises(OdapiError, match="anchor_grid differs") as caught:
            run_mode("all-layers", prefix, "ssd_vgg_voc")
        path = tmp_path / "weights" / "pipeline.config"
        assert f"odapi-ssd configure --template {path}" in caught.value.hint
        assert "--mode from-detector" in caught.value.hint
        assert not (tmp_path / "all-layers.config").exists()

        draft = run_mode("all-layers", prefix, path)
        assert _start(draft)[0] == "full"
        assert _start(run_mode("from-detector", prefix, "ssd_vgg_voc"))[0] == "detection"

    def test_what_is_set_by_hand_counts(self, run_mode, imported):
        prefix = imported("model.ssd.num_classes=3", f"{_FIRST_SIZE}=31")
        more = (f"{_FIRST_SIZE}=31",)
        run_mode("all-layers", prefix, "ssd_vgg_voc", assignments=more)

    def test_a_download_for_90_classes(self, run_mode, imported):
        prefix = imported("model.ssd.num_classes=90")
        with pytest.raises(OdapiError, match="num_classes is 90 there and 3 in the") as caught:
            run_mode("all-layers", prefix, "ssd_vgg_voc")
        assert "for other classes take --mode from-detector" in caught.value.hint

    def test_a_label_map_that_is_gone(self, run_mode, imported):
        labels = "train_input_reader.label_map_path=/nowhere/label_map.pbtxt"
        prefix = imported("model.ssd.num_classes=3", labels)
        notes = run_mode("all-layers", prefix, "ssd_vgg_voc").notes
        assert any("has these classes in this order" in note for note in notes)


@_with_tensorflow
class TestAClassificationNetwork:
    """One of this project's, MobileNet-v2 of width 0.25, for a template of width 1."""

    @pytest.fixture
    def prefix(self, tmp_path):
        import tensorflow as tf

        config = load_config(find_template("ssd_mobilenet_v2_voc"), [f"{_WIDTH}=0.25"])
        network = build_classification_network(config.model)
        return tf.train.Checkpoint(feature_extractor=network).save(str(tmp_path / "ckpt"))

    def test_of_another_width(self, run_mode, prefix, tmp_path):
        with pytest.raises(OdapiError, match="not the one of the config") as caught:
            run_mode("new-layers", prefix, "ssd_mobilenet_v2_voc")
        assert len(caught.value.details) == 6
        assert caught.value.details[-1] == "and 195 more"
        assert not (tmp_path / "new-layers.config").exists()

    def test_what_is_set_by_hand_counts(self, run_mode, prefix, tmp_path):
        run_mode("new-layers", prefix, "ssd_mobilenet_v2_voc", assignments=(f"{_WIDTH}=0.25",))
        assert (tmp_path / "new-layers.config").is_file()
