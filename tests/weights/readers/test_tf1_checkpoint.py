"""TensorFlow 1 checkpoints, given by prefix, file or folder."""

import numpy as np
import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.weights.readers.tf1_checkpoint import read_tf1_checkpoint

pytestmark = pytest.mark.tf


def _save(folder, **options):
    import tensorflow as tf

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        variables = [
            tf.compat.v1.get_variable("net/weights", initializer=np.arange(6.0).reshape(2, 3)),
            tf.compat.v1.get_variable("global_step", initializer=7),
        ]
        session.run(tf.compat.v1.global_variables_initializer())
        saver = tf.compat.v1.train.Saver(variables, **options)
        return saver.save(session, str(folder / "model.ckpt"), global_step=7)


@pytest.mark.parametrize("suffix", ["", ".index", ".meta", ".data-00000-of-00001"])
def test_by_prefix_or_file(api, tmp_path, suffix):
    stored = read_tf1_checkpoint(_save(tmp_path) + suffix)
    assert {name: array.shape for name, array in stored.items()} == {
        "global_step": (),
        "net/weights": (2, 3),
    }
    np.testing.assert_array_equal(stored["net/weights"].read(), [[0, 1, 2], [3, 4, 5]])


def test_by_folder(api, tmp_path):
    _save(tmp_path)
    assert "net/weights" in read_tf1_checkpoint(str(tmp_path))


def test_by_folder_whose_state_file_is_damaged(api, tmp_path):
    _save(tmp_path)
    (tmp_path / "checkpoint").write_bytes(b"\xff\xfe")
    assert "net/weights" in read_tf1_checkpoint(str(tmp_path))


def test_the_format_with_one_file(api, tmp_path):
    import tensorflow as tf

    prefix = _save(tmp_path, write_version=tf.compat.v1.train.SaverDef.V1)
    assert not (tmp_path / "model.ckpt-7.index").exists()
    for path in (prefix, str(tmp_path)):
        np.testing.assert_array_equal(read_tf1_checkpoint(path)["global_step"].read(), 7)


@pytest.mark.parametrize("content", [None, b"", b"no checkpoint"])
def test_not_a_checkpoint(api, tmp_path, content):
    path = tmp_path / "model.ckpt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(OdapiError, match="is not a TensorFlow checkpoint"):
        read_tf1_checkpoint(str(path))


def test_damaged_values(api, tmp_path):
    prefix = _save(tmp_path)
    data = tmp_path / "model.ckpt-7.data-00000-of-00001"
    data.write_bytes(bytes(data.stat().st_size))
    stored = read_tf1_checkpoint(prefix)
    with pytest.raises(OdapiError, match="net/weights cannot be read"):
        stored["net/weights"].read()
