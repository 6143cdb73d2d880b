"""The placeholder for an OpenCV that cannot be loaded."""

import importlib
import sys

import pytest

from odapi_ssd.compat import opencv


@pytest.fixture
def without_opencv(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)


def test_the_import_works_and_the_first_use_says_what_is_missing(without_opencv):
    assert opencv.apply()
    cv2 = importlib.import_module("cv2")
    assert not hasattr(cv2, "__path__")
    with pytest.raises(ImportError, match=r"cv2\.imread needs OpenCV, which cannot be loaded here"):
        cv2.imread  # noqa: B018


def test_an_opencv_that_loads_stays(monkeypatch):
    module = type(sys)("cv2")
    monkeypatch.setitem(sys.modules, "cv2", module)
    assert not opencv.apply()
    assert sys.modules["cv2"] is module
