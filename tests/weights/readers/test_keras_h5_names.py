"""Lists of names in attributes of HDF5."""

import h5py
import numpy as np
import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.weights.readers.keras_h5_names import NameLists


@pytest.fixture
def file(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w", track_order=True) as opened:
        yield opened


def _refused(file, path="w.h5"):
    with pytest.raises(OdapiError) as caught:
        NameLists(path).read(file, "names")
    return str(caught.value)


@pytest.mark.parametrize(
    "names", [np.array(["a", "bc"], "S"), [b"a", b"bc"], ["a", "bc"], [["a"], ["bc"]]]
)
def test_of_fixed_and_any_length(file, names):
    file.attrs["names"] = names
    assert NameLists("w.h5").read(file, "names") == ["a", "bc"]


@pytest.mark.parametrize("names", [np.array([], "S1"), h5py.Empty("S1")])
def test_of_none(file, names):
    file.attrs["names"] = names
    assert NameLists("w.h5").read(file, "names") == []


def test_in_parts(file):
    file.attrs["names0"], file.attrs["names1"], file.attrs["names3"] = [b"a"], [b"b"], [b"d"]
    assert NameLists("w.h5").read(file, "names") == ["a", "b"]


def test_twice(file):
    file.attrs["names"] = [b"a", b"b", b"a"]
    assert "names names something twice" in _refused(file)


def test_other_types(file):
    file.attrs["names"] = [1.5, 2]
    assert "its attribute names holds float64, not names" in _refused(file)


def test_more_than_any_network_has(file):
    file.attrs["names0"] = np.arange(6_000).astype("S4")
    file.attrs["names1"] = np.arange(6_000, 12_000).astype("S5")
    assert "lists more than 10,000 layers and arrays" in _refused(file)
