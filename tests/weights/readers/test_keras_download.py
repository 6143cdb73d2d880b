"""Keras's own download, as far as it can be tested without a network."""

import numpy as np
import pytest

from odapi_ssd.config.files import load_config, save_config
from odapi_ssd.config.templates import find_template

pytestmark = pytest.mark.tf


@pytest.fixture
def home(api, tmp_path, monkeypatch):
    """A home of its own, once all is imported: some libraries write into it then."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    # No proxy listens on this port.
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    (tmp_path / "home" / ".keras" / "models").mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture
def config_of_width(tmp_path):
    def write(width):
        override = f"model.ssd.feature_extractor.depth_multiplier={width}"
        config = load_config(find_template("ssd_mobilenet_v2_voc"), [override])
        save_config(config, tmp_path / "of_width.config")
        return str(tmp_path / "of_width.config")

    return write


def test_a_width_without_weights(home, refused, config_of_width):
    config_path = config_of_width(0.9)
    error = refused("keras", None, backbone="mobilenet_v2", pipeline_config_path=config_path)
    assert error.problem == "Keras has no weights of a MobileNetV2 with the width 0.9."
    assert "of 0.35, 0.5, 0.75, 1, 1.3, 1.4, or give" in error.hint


def test_without_a_network(home, refused, capfd):
    error = refused("keras", None, backbone="mobilenet_v2")
    assert "Keras's weights of MobileNetV2 cannot be downloaded: URL fetch" in error.problem
    assert "https://" in error.problem
    assert "give it with --weights" in error.hint


def test_a_web_page_in_the_cache_of_keras(home, refused):
    """A portal for logging in answers with one; Keras keeps it, without a checksum to compare."""
    models = home / ".keras" / "models"
    page = models / "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
    page.write_bytes(b"<!DOCTYPE html><html>Sign in</html>")
    error = refused("keras", None, backbone="mobilenet_v2")
    assert "weights of MobileNetV2 cannot be read; its downloads include damag" in error.problem
    assert error.details == (f"{page} is not a Keras weight file (HDF5), but a web page (HTML).",)
    assert error.hint == f"remove them and run it again: rm {page}"


# 1.4 is 1.39999998 in a config.
@pytest.mark.parametrize(
    ("width", "numbers", "first_kernel"),
    [(1.0, "616,256 numbers", [3, 3, 3, 32]), (1.4, "1,179,920 numbers", [3, 3, 3, 48])],
)
def test_a_file_in_the_cache_of_keras(
    home, import_into, api, config_of_width, width, numbers, first_kernel
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
