"""Keras's HDF5 files, and files that are refused."""

import os

import h5py
import numpy as np
import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.weights.readers.keras_h5 import opened_h5
from tests.support.mutated_bytes import mutations


@pytest.fixture
def path(tmp_path):
    return tmp_path / "weights.h5"


def _write(path, layers, root="/"):
    """Layers in Keras's layout: each a mapping of names to arrays."""
    with h5py.File(path, "w") as file:
        group = file.require_group(root)
        group.attrs["layer_names"] = np.array(list(layers), "S")
        for layer, arrays in layers.items():
            group.require_group(layer).attrs["weight_names"] = np.array(list(arrays), "S")
            for name, array in arrays.items():
                group[layer][name] = array


def _refused(path):
    with pytest.raises(OdapiError) as caught, opened_h5(path):
        pass
    return str(caught.value)


CONVOLUTION = {"conv/kernel:0": np.ones((3, 3)), "conv/bias:0": np.zeros(3)}


class TestLayers:
    @pytest.mark.parametrize("root", ["/", "model_weights"])
    def test_in_order_without_layers_that_have_no_weights(self, path, root):
        old_names = {"fc1_W:0": np.ones((2, 5)), "fc1_b:0": np.zeros(5)}
        _write(path, {"conv": CONVOLUTION, "pool": {}, "fc1": old_names}, root)
        with opened_h5(path) as layers:
            shapes = {
                layer: {name: array.shape for name, array in arrays.items()}
                for layer, arrays in layers.items()
            }
            assert shapes == {
                "conv": {"conv/kernel:0": (3, 3), "conv/bias:0": (3,)},
                "fc1": {"fc1/fc1_W:0": (2, 5), "fc1/fc1_b:0": (5,)},
            }
            np.testing.assert_array_equal(layers["conv"]["conv/kernel:0"].read(), np.ones((3, 3)))

    def test_names_in_several_attributes(self, path):
        _write(path, {"a": {"a/k:0": np.ones(1)}, "b": {"b/k:0": np.ones(2)}})
        with h5py.File(path, "a") as file:
            del file.attrs["layer_names"]
            file.attrs["layer_names0"], file.attrs["layer_names1"] = [b"a"], [b"b"]
        with opened_h5(path) as layers:
            assert list(layers) == ["a", "b"]

    @pytest.mark.tf
    def test_a_file_written_by_keras(self, path, api):
        import tensorflow as tf

        network = tf.keras.Sequential([
            tf.keras.layers.Conv2D(4, 3, input_shape=(8, 8, 3), name="c"),
            tf.keras.layers.BatchNormalization(name="n"),
        ])  # fmt: skip
        network.save_weights(path)
        with opened_h5(path) as layers:
            assert list(layers) == ["c", "n"]
            assert [array.shape for array in layers["n"].values()] == [(4,)] * 4
            kernel, _ = layers["c"].values()
            np.testing.assert_array_equal(kernel.read(), network.layers[0].kernel)

    def test_a_huge_array_is_not_read(self, path):
        _write(path, {"conv": {}})
        with h5py.File(path, "a") as file:
            file["conv"].attrs["weight_names"] = [b"conv/kernel:0"]
            file.create_dataset("conv/conv/kernel:0", (10**7, 10**7), "f4", chunks=(100, 100))
        with opened_h5(path) as layers:
            assert layers["conv"]["conv/kernel:0"].shape == (10**7, 10**7)


class TestOtherFiles:
    def test_no_file(self, path):
        assert f"--weights {path} does not exist" in _refused(path)

    def test_a_folder(self, path):
        path.mkdir()
        assert "is a folder; a Keras weight file (.h5) was expected" in _refused(path)

    @pytest.mark.parametrize(
        ("content", "described"),
        [
            (b"", "empty"),
            (b"<!DOCTYPE html><html>Sign in</html>", "a web page (HTML)"),
            (b"PK\x03\x04 a state dict", "a ZIP archive, such as a PyTorch file"),
            (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "a PyTorch file"),
        ],
    )
    def test_not_hdf5(self, path, content, described):
        path.write_bytes(content)
        assert f"{path} is not a Keras weight file (HDF5), but {described}" in _refused(path)

    def test_broken_hdf5(self, path):
        path.write_bytes(b"\x89HDF\r\n\x1a\n broken")
        assert f"{path} is damaged HDF5" in _refused(path)

    def test_a_truncated_file(self, path):
        _write(path, {"conv": CONVOLUTION})
        size = path.stat().st_size
        os.truncate(path, size - 100)
        assert f"is truncated: {size - 100:,} of {size:,} bytes" in _refused(path)

    def test_hdf5_of_something_else(self, path):
        with h5py.File(path, "w") as file:
            file["layers/dense/vars/0"] = np.ones(3)
        message = _refused(path)
        assert "not a weight file of Keras 2" in message
        assert "it has no attribute layer_names, and holds layers" in message

    def test_a_layer_that_is_listed_but_not_there(self, path):
        _write(path, {"conv": CONVOLUTION})
        with h5py.File(path, "a") as file:
            del file["conv"]
        assert "is damaged: it lists conv, but does not contain it" in _refused(path)

    def test_an_array_that_is_a_group(self, path):
        _write(path, {"conv": CONVOLUTION})
        with h5py.File(path, "a") as file:
            del file["conv/conv/bias:0"]
            file.create_group("conv/conv/bias:0")
        assert "is damaged: conv/bias:0 is not an array" in _refused(path)


class TestUntrustedFiles:
    """HDF5 can link to other files of the machine."""

    @pytest.fixture
    def other(self, tmp_path):
        _write(tmp_path / "other.h5", {"conv": CONVOLUTION})
        return tmp_path / "other.h5"

    def test_external_links(self, path, other):
        _write(path, {"conv": CONVOLUTION})
        with h5py.File(path, "a") as file:
            del file["conv/conv/bias:0"]
            file["conv/conv/bias:0"] = h5py.ExternalLink(str(other), "conv/conv/bias:0")
        assert "links to another file at conv/bias:0" in _refused(path)

    def test_an_external_link_as_the_model(self, path, other):
        with h5py.File(path, "w") as file:
            file["model_weights"] = h5py.ExternalLink(str(other), "/")
        assert "links to another file at model_weights" in _refused(path)

    def test_virtual_arrays(self, path, other):
        _write(path, {"conv": CONVOLUTION})
        layout = h5py.VirtualLayout((3,), "f8")
        layout[:] = h5py.VirtualSource(str(other), "conv/conv/bias:0", (3,))
        with h5py.File(path, "a") as file:
            del file["conv/conv/bias:0"]
            file.create_virtual_dataset("conv/conv/bias:0", layout)
        assert "keeps conv/bias:0 in another file" in _refused(path)

    def test_raw_bytes_elsewhere(self, path, tmp_path):
        (tmp_path / "raw").write_bytes(bytes(24))
        _write(path, {"conv": CONVOLUTION})
        with h5py.File(path, "a") as file:
            del file["conv/conv/bias:0"]
            file.create_dataset(
                "conv/conv/bias:0", (3,), "f8", external=[(str(tmp_path / "raw"), 0, 24)]
            )
        assert "keeps conv/bias:0 in another file" in _refused(path)

    def _read_kernel(self, path, **options):
        """Reads an array of zeros that is written with these options of HDF5."""
        _write(path, {"conv": CONVOLUTION})
        with h5py.File(path, "a") as file:
            del file["conv/conv/kernel:0"]
            file.create_dataset("conv/conv/kernel:0", **options)
        with opened_h5(path) as layers, pytest.raises(OdapiError) as caught:
            layers["conv"]["conv/kernel:0"].read()
        return str(caught.value)

    @pytest.mark.parametrize("options", [{"compression": "gzip"}, {"chunks": (3, 3)}])
    def test_compressed_arrays_and_chunks(self, path, options):
        message = self._read_kernel(path, data=np.zeros((3, 3), "f4"), **options)
        assert "keeps conv/kernel:0 compressed or in chunks" in message

    def test_an_array_that_is_declared_but_not_stored(self, path):
        message = self._read_kernel(path, shape=(3, 3), dtype="f4")
        assert "it holds 0 of the 36 bytes of conv/kernel:0" in message

    def test_elements_that_are_not_numbers(self, path):
        message = self._read_kernel(path, shape=(3, 3), dtype="S1000000000")
        assert "conv/kernel:0 holds |S1000000000, not numbers" in message

    @pytest.mark.parametrize("target", ["conv", "/", "conv/kernel:0"])
    def test_links_by_name_which_can_go_in_circles(self, path, target):
        _write(path, {"conv": CONVOLUTION})
        with h5py.File(path, "a") as file:
            del file["conv/conv/bias:0"]
            file["conv/conv/bias:0"] = h5py.SoftLink(f"/{target.strip('/')}")
        assert "it lists conv/bias:0, but does not contain it" in _refused(path)

    def test_a_group_within_itself(self, path):
        _write(path, {"conv": {}})
        with h5py.File(path, "a") as file:
            file["conv/conv"] = file["conv"]
            file["conv"].attrs["weight_names"] = ["/".join(["conv"] * 100)]
        assert "is nested more than 20 deep" in _refused(path)

    def test_damaged_files(self, path, tmp_path):
        """Whatever is damaged, the file is read or refused; a process that hangs is ended."""
        _write(path, {"conv": CONVOLUTION})
        damaged = tmp_path / "damaged.h5"
        num_refused = 0
        for content in mutations(path.read_bytes(), seed=3, number=10):
            damaged.write_bytes(content)
            try:
                with opened_h5(damaged) as layers:
                    assert "conv" in layers
            except OdapiError:
                num_refused += 1
        assert num_refused > 0
