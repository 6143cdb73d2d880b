"""Images that OpenCV has encoded."""

import pickle
import sys
import types

import numpy as np
import pytest

from odapi_ssd.compat import encoded_images

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def test_encoded_images_are_arrays_with_tostring():
    import cv2

    is_encoded, buffer = cv2.imencode(".png", np.zeros((2, 3, 3), np.uint8))
    assert is_encoded
    assert buffer.tostring() == buffer.tobytes()
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(buffer)), buffer)


def test_without_opencv_nothing_is_changed(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", types.ModuleType("cv2"))
    assert not encoded_images.apply()
