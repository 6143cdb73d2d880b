"""The package tensorflow_io, imported on first use."""

import importlib
import sys

import pytest

from odapi_ssd.compat import tensorflow_io

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def test_tensorflow_io_is_there_when_deepmac_uses_it():
    import tensorflow as tf
    from object_detection.meta_architectures import deepmac_meta_arch

    white = tf.ones([1, 1, 1, 3])
    lightness, a, b = deepmac_meta_arch.tfio.experimental.color.rgb_to_lab(white)[0, 0, 0]
    assert float(lightness) == pytest.approx(100, abs=0.1)
    assert float(a) == pytest.approx(0, abs=0.1)
    assert float(b) == pytest.approx(0, abs=0.1)


def test_without_the_package_the_first_use_is_an_import_error(monkeypatch):
    def fail(name):
        raise ImportError(f"No module named {name!r}")

    placeholder = tensorflow_io._Placeholder("tensorflow_io")
    monkeypatch.setitem(sys.modules, "tensorflow_io", placeholder)
    monkeypatch.setattr(importlib, "import_module", fail)
    for _ in range(2):
        with pytest.raises(ImportError, match="DeepMAC needs the package tensorflow_io"):
            placeholder.experimental  # noqa: B018
        assert sys.modules["tensorflow_io"] is placeholder


def test_questions_of_the_import_system_are_no_use():
    placeholder = tensorflow_io._Placeholder("tensorflow_io")
    assert not hasattr(placeholder, "__path__")
    assert not hasattr(placeholder, "__file__")
