"""Which config a model directory belongs to: what may change in a run, and what may not."""

from pathlib import Path

import pytest

from odapi_ssd import resources
from odapi_ssd.checkpoints import trained_config
from odapi_ssd.config.files import load_config, parse_config, save_config
from odapi_ssd.errors import OdapiError
from tests.support.saved_checkpoints import write_without_variables

_TEMPLATE = resources.template_dir() / "ssd_mobilenet_v2_quickstart.config"


@pytest.fixture
def run_dir(tmp_path) -> str:
    """A directory with a checkpoint and the note that it is the template's."""
    write_without_variables(tmp_path, "ckpt-1")
    trained_config.note_config(str(tmp_path), load_config(_TEMPLATE))
    return str(tmp_path)


@pytest.mark.parametrize(
    "override",
    [
        "train_config.batch_size=3",
        "train_config.num_steps=9000",
        "model.ssd.post_processing.batch_non_max_suppression.iou_threshold=0.6",
        "model.ssd.loss.localization_weight=2",
        "model.ssd.freeze_batchnorm=true",
        "model.ssd.feature_extractor.conv_hyperparams.batch_norm.decay=0.9",
    ],
)
def test_a_run_goes_on_with_another(run_dir, override):
    assert trained_config.require_same_model(run_dir, load_config(_TEMPLATE, [override])) is True


@pytest.mark.parametrize(
    ("override", "difference"),
    [
        ("model.ssd.num_classes=4", "model.ssd.num_classes is 3 there and 4 in the config"),
        (
            "model.ssd.anchor_generator.ssd_anchor_generator.min_scale=0.3",
            "min_scale is 0.2 there and 0.3 in the config",
        ),
        (
            "model.ssd.anchor_generator.ssd_anchor_generator.aspect_ratios=1.0,3.0",
            "aspect_ratios differs",
        ),
        (
            "model.ssd.image_resizer={ keep_aspect_ratio_resizer { min_dimension: 9 } }",
            "image_resizer.fixed_shape_resizer is set in only one of the two",
        ),
    ],
)
def test_a_run_does_not_go_on_with_another_network(run_dir, override, difference):
    with pytest.raises(OdapiError, match="a run of another model") as caught:
        trained_config.require_same_model(run_dir, load_config(_TEMPLATE, [override]))
    assert difference in str(caught.value)


@pytest.mark.parametrize("note", [None, "model { newfield: 3 }"])
def test_without_a_note_that_can_be_read_it_is_not_certain(run_dir, note):
    (Path(run_dir) / trained_config.NOTE_NAME).unlink()
    if note is not None:
        (Path(run_dir) / trained_config.NOTE_NAME).write_text(note)
    assert trained_config.require_same_model(run_dir, load_config(_TEMPLATE)) is False


def test_without_a_checkpoint_any_config_will_do(tmp_path):
    trained_config.note_config(str(tmp_path), load_config(_TEMPLATE))
    other = load_config(_TEMPLATE, ["model.ssd.num_classes=4"])
    assert trained_config.require_same_model(str(tmp_path), other) is True


def test_the_note_can_be_used_as_a_config_and_a_user_s_file_stays(tmp_path):
    own = tmp_path / "pipeline.config"
    own.write_text("# my own notes")
    config = load_config(_TEMPLATE)
    trained_config.note_config(str(tmp_path), config)
    assert load_config(tmp_path / trained_config.NOTE_NAME) == config
    assert own.read_text() == "# my own notes"


class TestAnotherNote:
    """`trained_with.config` of a user, or edited: it stays."""

    def test_an_edited_one_stays_and_that_is_said(self, tmp_path):
        first, second = (
            load_config(_TEMPLATE, [f"train_config.num_steps={steps}"]) for steps in (5, 6)
        )
        path = tmp_path / trained_config.NOTE_NAME
        assert trained_config.note_config(str(tmp_path), first)
        edited = path.read_text().replace("num_steps: 5", "num_steps: 7")
        path.write_text(edited)
        assert not trained_config.note_config(str(tmp_path), second)
        assert path.read_text() == edited

    def test_one_that_says_the_same_is_as_good(self, tmp_path):
        config = load_config(_TEMPLATE)
        save_config(config, tmp_path / trained_config.NOTE_NAME, "mine")
        assert trained_config.note_config(str(tmp_path), config)
        assert (tmp_path / trained_config.NOTE_NAME).read_text().startswith("# mine")

    def test_train_replaces_its_own(self, tmp_path):
        for steps in (5, 6):
            config = load_config(_TEMPLATE, [f"train_config.num_steps={steps}"])
            assert trained_config.note_config(str(tmp_path), config)
            assert load_config(tmp_path / trained_config.NOTE_NAME) == config


class TestACheckpointsConfig:
    """That of our note, or the one above a folder `checkpoint`."""

    SSD_ANCHORS = "model.ssd.anchor_generator.ssd_anchor_generator"

    @pytest.fixture
    def written(self, tmp_path):
        """Writes the template with other classes, so many that the files can be told apart."""

        def write(name, num_classes=3):
            config = load_config(_TEMPLATE, [f"model.ssd.num_classes={num_classes}"])
            save_config(config, tmp_path / name)
            return str(tmp_path / name)

        return write

    def test_above_the_folder(self, written, tmp_path, monkeypatch):
        path = written("pipeline.config", 7)
        (tmp_path / "checkpoint").mkdir()
        found_path, config = trained_config.config_of_checkpoint(f"{tmp_path}/checkpoint/ckpt-0")
        assert (found_path, config.model.ssd.num_classes) == (path, 7)
        monkeypatch.chdir(tmp_path / "checkpoint")
        assert trained_config.config_of_checkpoint("./ckpt-0") == (path, config)

    def test_the_note_comes_first(self, written, tmp_path):
        written("pipeline.config", 7)
        note = written(f"checkpoint/{trained_config.NOTE_NAME}", 8)
        found_path, config = trained_config.config_of_checkpoint(f"{tmp_path}/checkpoint/ckpt-0")
        assert (found_path, config.model.ssd.num_classes) == (note, 8)

    @pytest.mark.parametrize("folder", ["run", "checkpoint/run", "."])
    def test_other_configs_nearby_are_not_meant(self, written, tmp_path, folder):
        written("pipeline.config")
        written("checkpoint/pipeline.config")
        assert trained_config.config_of_checkpoint(f"{tmp_path}/{folder}/ckpt-1") is None

    def test_one_that_cannot_be_read(self, tmp_path):
        (tmp_path / "pipeline.config").write_text("model { newfield: 3 }")
        assert trained_config.config_of_checkpoint(f"{tmp_path}/checkpoint/ckpt-0") is None

    @pytest.mark.parametrize(
        "override",
        [
            "model.ssd.image_resizer.fixed_shape_resizer.height=512",
            "model.ssd.image_resizer={ keep_aspect_ratio_resizer { min_dimension: 9 } }",
            "model.ssd.post_processing.batch_non_max_suppression.iou_threshold=0.6",
            "model.ssd.matcher.argmax_matcher.matched_threshold=0.4",
            "train_config.batch_size=3",
        ],
    )
    def test_a_trained_model_is_used_with_another(self, written, tmp_path, override):
        written("pipeline.config")
        config = load_config(_TEMPLATE, [override])
        trained_config.require_model_of(f"{tmp_path}/checkpoint/ckpt-0", config)

    @pytest.mark.parametrize(
        ("override", "difference"),
        [
            ("model.ssd.num_classes=4", "model.ssd.num_classes is 3 there and 4 in the config"),
            (f"{SSD_ANCHORS}.min_scale=0.3", "min_scale is 0.2 there and 0.3 in the config"),
            (
                "model.ssd.anchor_generator={ flexible_grid_anchor_generator {} }",
                "is set in only one of the two",
            ),
            ("model.ssd.box_coder.faster_rcnn_box_coder.y_scale=1", "y_scale is 10 there and 1"),
            ("model.center_net.num_classes=3", "model.ssd is set in only one of the two"),
        ],
    )
    def test_but_not_with_another_network_or_anchors(self, written, tmp_path, override, difference):
        path = written("pipeline.config")
        with pytest.raises(OdapiError, match="ckpt-0 does not fit the model") as caught:
            trained_config.require_model_of(
                f"{tmp_path}/checkpoint/ckpt-0", load_config(_TEMPLATE, [override])
            )
        assert difference in str(caught.value)
        assert path in caught.value.hint


class TestValuesDecideNothing:
    """A label map in a folder "anchors" is no other anchors: fields decide by their names alone."""

    _TEXT = "model { center_net { keypoint_label_map_path: '%s' num_classes: %d } }"

    def _config(self, label_map_path, num_classes=3):
        return parse_config(self._TEXT % (label_map_path, num_classes))

    @pytest.mark.parametrize("value", ["/anchors/a.pbtxt", "num_classes", "feature_extractor"])
    def test_that_the_weights_mean_something_else(self, value):
        noted, given = self._config("b.pbtxt"), self._config(value)
        (difference,) = trained_config.model_differences(noted, given)
        assert (difference.path, difference.after) == (
            "model.center_net.keypoint_label_map_path",
            value,
        )
        assert trained_config.weights_differences(noted, given) == []

    @pytest.mark.parametrize("value", ["/data/loss/a.pbtxt", "post_processing"])
    def test_that_a_run_may_go_on(self, value):
        noted, given = self._config("b.pbtxt"), self._config(value)
        assert trained_config.model_differences(noted, given) != []

    def test_beside_a_field_that_does(self):
        noted, given = self._config("b.pbtxt", 3), self._config("anchor", 4)
        (difference,) = trained_config.weights_differences(noted, given)
        assert (difference.before, difference.after) == (3, 4)
