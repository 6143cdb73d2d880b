"""What is refused, what is written where, and what can be done with it."""

import sys

import h5py
import numpy as np
import pytest
from PIL import Image

from odapi_ssd.config.files import load_config, save_config
from odapi_ssd.config.templates import find_template
from odapi_ssd.errors import OdapiError
from odapi_ssd.weights import ssd300, torchvision_ssd, tutorial_ssd
from odapi_ssd.weights.detector_source import detector_rules
from odapi_ssd.weights.run import ImportOptions

pytestmark = pytest.mark.tf


@pytest.fixture
def state_dict(tmp_path):
    """Writes a state dict in a source's layout, of random weights; changes by name, None drops."""
    torch = pytest.importorskip("torch")

    def write(source, num_classes=20, **changes):
        orders = [range(boxes) for boxes in ssd300.BOXES_PER_CELL]
        generator = torch.Generator().manual_seed(1)
        tensors = {
            rule.source: 0.01 * torch.randn(rule.shape, generator=generator)
            for rule in detector_rules(source, {}, num_classes, orders)
        }
        tensors.update(changes)
        path = tmp_path / "weights.pth"
        torch.save({name: it for name, it in tensors.items() if it is not None}, path)
        return path

    return write


def _left_in(folder):
    return sorted(path.name for path in folder.iterdir())


class TestRefused:
    """Nothing is written then."""

    @pytest.fixture
    def refused(self, import_into, tmp_path):
        def run(*args, **options):
            before = _left_in(tmp_path)
            with pytest.raises(OdapiError) as caught:
                import_into(*args, **options)
            assert _left_in(tmp_path) == before
            return caught.value

        return run

    def test_shapes_that_do_not_fit(self, state_dict, refused):
        import torch

        path = state_dict(
            tutorial_ssd.SOURCE,
            **{"base.conv6.weight": torch.zeros(4096, 512, 7, 7), "rescale_factors": torch.ones(9)},
        )
        error = refused("tutorial", path)
        assert error.problem == (
            f"{path} does not fit the PyTorch tutorial's SSD300: 2 arrays have other shapes."
        )
        assert error.details == (
            "base.conv6.weight: 4096x512x7x7 in the file, 1024x512x3x3 expected",
            "rescale_factors: 9 in the file, 1x512x1x1 expected",
        )

    def test_nan(self, state_dict, refused):
        import torch

        bias = torch.full((64,), float("nan"))
        error = refused("tutorial", state_dict(tutorial_ssd.SOURCE, **{"base.conv1_1.bias": bias}))
        assert error.details == ("base.conv1_1.bias holds numbers that are NaN or infinite",)

    def test_missing_tensors(self, state_dict, refused):
        error = refused("tutorial", state_dict(tutorial_ssd.SOURCE, **{"base.conv7.bias": None}))
        assert "it lacks 1 of the 71 arrays that are needed" in error.problem

    def test_another_program_s_file(self, state_dict, refused):
        error = refused("torchvision", state_dict(tutorial_ssd.SOURCE))
        assert "it has no array backbone.scale_weight" in error.problem
        assert error.hint == "it looks like the PyTorch tutorial's SSD300: --from tutorial."

    def test_nobody_s_file(self, state_dict, refused):
        path = state_dict(tutorial_ssd.SOURCE, rescale_factors=None)
        assert "--from names the program" in refused("tutorial", path).hint

    def test_other_classes_than_the_config_s(self, state_dict, refused):
        path = state_dict(torchvision_ssd.SOURCE, num_classes=3)
        error = refused(
            "torchvision", path, pipeline_config_path=str(find_template("ssd_vgg_coco"))
        )
        assert error.details == ("model.ssd.num_classes is 90, not 3",)

    def test_without_pytorch(self, refused, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "torch", None)
        error = refused("torchvision", tmp_path / "w.pth")
        assert "is a file of PyTorch, which is not installed" in error.problem
        assert error.hint.startswith("pip install 'torch>=2.10'")

    @pytest.mark.parametrize("name", ["none.ckpt", "."])
    def test_no_checkpoint(self, refused, tmp_path, name):
        assert "is no checkpoint of TensorFlow" in refused("slim", tmp_path / name).problem

    def test_a_network_that_keras_does_not_have(self, refused):
        error = refused("keras", None, backbone="inception_v4")
        assert error.problem == "Keras has no inception_v4, and so no weights of it."

    def test_a_network_that_is_not_the_config_s(self, refused, tmp_path):
        error = refused(
            "keras", tmp_path / "w.h5", backbone="mobilenet_v1",
            pipeline_config_path=str(find_template("ssd_mobilenet_v2_voc")),
        )  # fmt: skip
        assert "ssd300_mobilenet_v2_keras" in error.problem
        assert "ssd300_mobilenet_v1_keras" in error.problem

    def test_a_network_of_another_width(self, refused, tmp_path, api):
        import tensorflow as tf

        path = tmp_path / "w.h5"
        tf.keras.applications.MobileNet(
            input_shape=(224, 224, 3), alpha=0.5, include_top=False, weights=None
        ).save_weights(path)
        error = refused("keras", path, backbone="mobilenet_v1")
        assert error.problem == (
            f"{path} does not fit Keras's MobileNet: 115 arrays have other shapes."
        )
        assert "--pipeline_config_path whose" in error.hint
        assert "depth_multiplier is that width" in error.hint

    def test_a_file_with_too_few_layers(self, refused, tmp_path):
        kernel = np.zeros((3, 3, 3, 16), np.float32)
        with h5py.File(tmp_path / "w.h5", "w") as file:
            file.attrs["layer_names"] = [b"conv1"]
            file["conv1/conv1/kernel:0"] = kernel
            file["conv1"].attrs["weight_names"] = [b"conv1/kernel:0"]
        error = refused("keras", tmp_path / "w.h5", backbone="mobilenet_v1")
        assert "it lacks 45 of the 46 layers that are needed" in error.problem

    @pytest.mark.parametrize(
        ("there", "options", "message"),
        [
            ("checkpoint", {}, "holds a training run"),
            ("saved_model", {}, "holds an exported model"),
            ("pipeline.config", {"backbone": "vgg16"}, "holds pipeline.config, to which"),
        ],
    )
    def test_somebody_else_s_folder(self, refused, tmp_path, there, options, message):
        folder = tmp_path / "out"
        folder.mkdir()
        (folder / there).touch()
        source = "keras" if options else "tutorial"
        error = refused(source, tmp_path / "w", output_dir=folder, **options)
        assert message in error.problem
        assert _left_in(folder) == [there]

    def test_the_config_itself_is_not_replaced(self, refused, tmp_path):
        path = tmp_path / "out" / "pipeline.config"
        save_config(load_config(find_template("ssd_vgg_voc")), path)
        error = refused(
            "tutorial", tmp_path / "w", output_dir=path.parent, pipeline_config_path=str(path)
        )
        assert "holds the --pipeline_config_path itself" in error.problem

    def test_a_remote_folder(self, refused, tmp_path):
        assert "remote file system" in refused("tutorial", "w", output_dir="gs://bucket/w").problem


class TestDownload:
    """Keras's own download, as far as it goes without a network."""

    @pytest.fixture
    def home(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        # Nothing listens there.
        monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
        (tmp_path / "home" / ".keras" / "models").mkdir(parents=True)
        return tmp_path / "home"

    @pytest.fixture
    def config_of_width(self, tmp_path):
        def write(width):
            override = f"model.ssd.feature_extractor.depth_multiplier={width}"
            config = load_config(find_template("ssd_mobilenet_v2_voc"), [override])
            save_config(config, tmp_path / "of_width.config")
            return str(tmp_path / "of_width.config")

        return write

    def test_a_width_that_keras_has_not(self, home, import_into, config_of_width):
        with pytest.raises(OdapiError) as caught:
            import_into(
                "keras", None, backbone="mobilenet_v2", pipeline_config_path=config_of_width(0.9)
            )
        assert caught.value.problem == ("Keras has no weights of a MobileNetV2 with the width 0.9.")
        assert "of 0.35, 0.5, 0.75, 1, 1.3, 1.4, or give" in caught.value.hint

    def test_without_a_network(self, home, import_into, tmp_path, capfd):
        with pytest.raises(OdapiError) as caught:
            import_into("keras", None, backbone="mobilenet_v2")
        assert "Keras's weights of MobileNetV2 cannot be had: URL fetch" in caught.value.problem
        assert "https://" in caught.value.problem
        assert "give it with --weights" in caught.value.hint
        assert not (tmp_path / "imported").exists()

    # 1.4 is 1.39999998 in a config.
    @pytest.mark.parametrize(
        ("width", "numbers", "first_kernel"),
        [(1.0, "616,256 numbers", [3, 3, 3, 32]), (1.4, "1,179,920 numbers", [3, 3, 3, 48])],
    )
    def test_what_keras_has_fetched_before(
        self, home, import_into, api, config_of_width, width, numbers, first_kernel
    ):
        import tensorflow as tf

        network = tf.keras.applications.MobileNetV2(
            input_shape=(224, 224, 3), alpha=width, include_top=False, weights=None
        )
        name = f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{width}_224_no_top.h5"
        network.save_weights(home / ".keras" / "models" / name)
        imported = import_into(
            "keras", None, backbone="mobilenet_v2", pipeline_config_path=config_of_width(width)
        )
        assert imported.rows == [("80 layers", "the same names", numbers)]
        reader = tf.train.load_checkpoint(imported.checkpoint)
        kernels = [
            reader.get_tensor(key)
            for key, shape in reader.get_variable_to_shape_map().items()
            if shape == first_kernel
        ]
        assert len(kernels) == 1
        np.testing.assert_array_equal(kernels[0], network.get_layer("Conv1").kernel)


@pytest.mark.slow
class TestWritten:
    def test_again_into_the_same_folder(self, state_dict, import_into, tmp_path):
        path = state_dict(tutorial_ssd.SOURCE, num_classes=2)
        for _ in range(2):
            imported = import_into("tutorial", path)
            assert _left_in(tmp_path / "imported") == ["checkpoint", "pipeline.config"]
        assert imported.notes == [
            "The template ssd_vgg_voc is for 20 classes, the weights for 2: give the config their "
            "data and label map, with `odapi-ssd configure`."
        ]

    def test_into_a_user_s_config(self, state_dict, import_into, tmp_path):
        path = state_dict(tutorial_ssd.SOURCE)
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

        imported = import_into("tutorial", state_dict(tutorial_ssd.SOURCE, num_classes=3))
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


def test_the_command_that_asks_for_the_same(tmp_path):
    options = ImportOptions("keras", tmp_path / "a b", "w.h5", backbone="vgg16")
    assert options.as_command() == (
        "odapi-ssd import-weights --from keras --backbone vgg16 --weights w.h5 "
        f"--output_dir '{tmp_path}/a b'"
    )
