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


def test_the_home_stays_as_it_is_and_its_settings_are_read(tmp_path):
    code = "import odapi_ssd; odapi_ssd.register(); import tensorflow as tf\n"
    code += "import keras, tensorflow.python.keras.backend\n"
    code += "print(tf.keras.backend.image_data_format())"
    places = {"HOME": str(tmp_path), "MPLCONFIGDIR": str(tmp_path.parent)}
    assert run_python(code, **places).stdout == "channels_last\n"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text('{"image_data_format": "channels_first"}')
    assert run_python(code, **places).stdout == "channels_first\n"
