"""Where an import may write, what it writes, and what can be done with it."""

import numpy as np
import pytest
from PIL import Image

from odapi_ssd.config.files import load_config, save_config
from odapi_ssd.config.templates import find_template
from odapi_ssd.errors import OptionError
from odapi_ssd.outputs.manifest import MANIFEST_NAME
from odapi_ssd.weights.run import ImportOptions
from odapi_ssd.weights.sources import tutorial

pytestmark = pytest.mark.tf


def _names_in(folder):
    return sorted(path.name for path in folder.iterdir())


class TestRefused:
    """Nothing is written then."""

    @pytest.mark.parametrize(
        ("there", "options", "message"),
        [
            ("checkpoint", {}, "holds a training run"),
            ("saved_model", {}, "holds an exported model"),
            ("pipeline.config", {"backbone": "vgg16"}, "holds pipeline.config, to which"),
            ("ckpt-3.index", {"overwrite": True}, "holds a training run"),
            ("saved_model", {"overwrite": True}, "holds an exported model"),
        ],
    )
    def test_a_folder_with_other_content(self, refused, tmp_path, there, options, message):
        folder = tmp_path / "out"
        folder.mkdir()
        (folder / there).touch()
        source = "keras" if "backbone" in options else "tutorial"
        error = refused(source, tmp_path / "w", output_dir=folder, **options)
        assert message in error.problem
        assert _names_in(folder) == [there]

    def test_the_config_itself_is_not_replaced(self, refused, tmp_path):
        path = tmp_path / "out" / "pipeline.config"
        save_config(load_config(find_template("ssd_vgg_voc")), path)
        error = refused(
            "tutorial", tmp_path / "w", output_dir=path.parent, pipeline_config_path=str(path)
        )
        assert f"did not write, or what was edited since: {path}" in error.problem

    def test_a_remote_folder(self, refused, tmp_path):
        assert "remote file system" in refused("tutorial", "w", output_dir="gs://bucket/w").problem


@pytest.mark.slow
class TestWritten:
    def test_again_into_the_same_folder(self, state_dict, import_into, tmp_path):
        path = state_dict(tutorial.SOURCE, num_classes=2)
        for _ in range(2):
            imported = import_into("tutorial", path)
            assert _names_in(tmp_path / "imported") == [
                MANIFEST_NAME, "checkpoint", "pipeline.config"
            ]  # fmt: skip
        assert imported.notes == [
            "The template ssd_vgg_voc is for 20 classes, the weights for 2: give the config their "
            "data and label map, with `odapi-ssd configure`."
        ]

    def test_into_a_user_s_config(self, state_dict, import_into, tmp_path):
        path = state_dict(tutorial.SOURCE)
        template = find_template("ssd_vgg_voc")
        save_config(load_config(template, ["train_config.batch_size=3"]), tmp_path / "mine.config")
        imported = import_into("tutorial", path, pipeline_config_path=str(tmp_path / "mine.config"))
        config = load_config(imported.config_path)
        assert config.train_config.batch_size == 3
        assert config.train_config.fine_tune_checkpoint_type == "full"
        assert config.model == load_config(template).model
        # the paper's anchors for VOC are others than the tutorial's
        assert "of 8,732 in the config differ from those of the PyTorch tut" in imported.notes[0]

    def test_exported_at_once_and_evaluated_when_configured(
        self, state_dict, import_into, records_dir, tmp_path
    ):
        from odapi_ssd.check import report as check
        from odapi_ssd.configure.run import ConfigureOptions, configure
        from odapi_ssd.deployment import export as exporting
        from odapi_ssd.evaluation import run as evaluation
        from tests.support.exported_models import (
            assert_same_detections,
            detect_in_plain_tensorflow,
            detect_with_checkpoint,
        )

        imported = import_into("tutorial", state_dict(tutorial.SOURCE, num_classes=3))
        checkpoints = str(tmp_path / "imported" / "checkpoint")
        config_path = str(imported.config_path)
        saved_model = exporting.export({
            "pipeline_config_path": config_path,
            "trained_checkpoint_dir": checkpoints,
            "output_directory": str(tmp_path / "exported"),
        })  # fmt: skip
        pixels = np.random.default_rng(2).integers(0, 256, (200, 260, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "image.png")
        assert_same_detections(
            detect_in_plain_tensorflow(saved_model, tmp_path / "image.png"),
            detect_with_checkpoint(config_path, checkpoints, tmp_path / "image.png"),
        )
        configure(ConfigureOptions(config_path, records_dir, tmp_path / "with_data.config"))
        config = load_config(tmp_path / "with_data.config")
        assert config.model == load_config(config_path).model
        check.require_valid(config, for_training=False)
        result = evaluation.evaluate(config, checkpoints, tmp_path / "evaluated")
        assert result.step == 0
        assert result.num_images > 0


def test_options_as_a_command(tmp_path):
    options = ImportOptions("keras", tmp_path / "a b", "w.h5", backbone="vgg16")
    assert options.as_command() == (
        "odapi-ssd import-weights --from keras --backbone vgg16 --weights w.h5 "
        f"--output_dir '{tmp_path}/a b'"
    )


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"source": "caffe", "weights": "w"}, "--from is 'caffe'; one of keras, torchvision"),
        ({"source": "keras"}, "--backbone is needed with --from keras."),
        (
            {"source": "slim", "weights": "w", "backbone": "vgg16"},
            "--backbone has no meaning with --from slim.",
        ),
        ({"source": "tutorial"}, "--weights is needed with --from tutorial."),
    ],
)
def test_options_that_do_not_go_together(options, problem, tmp_path):
    with pytest.raises(OptionError) as caught:
        ImportOptions(output_dir=tmp_path, **options)
    assert caught.value.problem.startswith(problem)
