"""Keras 2 behind `tf.keras`, in fresh processes."""

import pytest

from tests.support.fresh_python import run_python

pytestmark = pytest.mark.tf


def test_too_late_is_an_error_that_says_what_to_do():
    completed = run_python("import tensorflow, odapi_ssd; odapi_ssd.register()")
    assert completed.returncode != 0
    assert "imported with Keras 3" in completed.stderr
    assert "restart Python" in completed.stderr


def test_tensorflow_with_keras_2_may_come_first():
    code = "import tensorflow, odapi_ssd; odapi_ssd.register(); print('fine')"
    assert run_python(code, TF_USE_LEGACY_KERAS="1").stdout == "fine\n"
