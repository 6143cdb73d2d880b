"""What checkpoints hold: a run's, a network's, one of TensorFlow 1, damaged ones."""

import pytest

from odapi_ssd.checkpoints.contents import (
    KIND_OF_ROOT,
    ROOT_OF_TYPE,
    read_contents,
    require_detector,
    require_weights,
)
from odapi_ssd.errors import OdapiError
from tests.support.saved_checkpoints import (
    data_file,
    flip_bit,
    write_before_first_step,
    write_checkpoint,
    write_run,
    write_tf1_checkpoint,
)

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def test_every_type_restores_an_object_of_a_known_kind():
    assert set(ROOT_OF_TYPE.values()) == KIND_OF_ROOT.keys()


def test_the_types_restore_what_the_api_does():
    """`restore_from_objects` of its SSD meta-architecture is asked."""
    import tensorflow as tf
    from object_detection.meta_architectures import ssd_meta_arch

    model = ssd_meta_arch.SSDMetaArch.__new__(ssd_meta_arch.SSDMetaArch)
    tf.Module.__init__(model)
    model._feature_extractor = tf.Module()
    model._feature_extractor.classification_backbone = tf.Module()
    for kind, root in ROOT_OF_TYPE.items():
        assert list(model.restore_from_objects(kind)) == [root]


class TestReadContents:
    def test_a_run(self, tmp_path):
        contents = read_contents(write_checkpoint(tmp_path, "model", "optimizer", "step"))
        assert contents.prefix == f"{tmp_path}/ckpt-1"
        assert contents.roots == {"model", "optimizer", "step"}
        assert (contents.is_tf1, contents.has_model_weights) == (False, True)

    def test_a_classification_network(self, tmp_path):
        contents = read_contents(write_checkpoint(tmp_path, "feature_extractor"))
        assert contents.roots == {"feature_extractor"}
        assert not contents.has_model_weights

    def test_before_the_first_step(self, tmp_path):
        contents = read_contents(write_before_first_step(tmp_path))
        assert contents.roots == {"model", "step"}
        assert not contents.has_model_weights

    def test_a_root_whose_variables_have_a_shorter_path(self, tmp_path):
        """Names of variables show `shared` alone."""
        import tensorflow as tf

        variable = tf.Variable(1.0)
        objects = {"model": tf.train.Checkpoint(weight=variable), "shared": variable}
        prefix = tf.train.Checkpoint(**objects).write(str(tmp_path / "ckpt-1"))
        assert read_contents(prefix).roots == {"model", "shared"}

    def test_nothing(self, tmp_path):
        assert read_contents(write_checkpoint(tmp_path)).roots == frozenset()

    def test_one_of_tensorflow_1(self, tmp_path):
        contents = read_contents(write_tf1_checkpoint(tmp_path))
        assert contents.is_tf1
        assert contents.roots == frozenset()

    @pytest.mark.parametrize("content", [b"", b"not a table", bytes(100)])
    def test_one_that_is_damaged(self, tmp_path, content):
        prefix = write_checkpoint(tmp_path, "model")
        (tmp_path / "ckpt-1.index").write_bytes(content)
        with pytest.raises(OdapiError, match=f"{prefix} cannot be used") as caught:
            read_contents(prefix)
        assert caught.value.details[0].startswith("ckpt-1.index: ")

    def test_data_that_is_damaged(self, tmp_path):
        (first, prefix) = write_run(tmp_path, 2)
        flip_bit(data_file(prefix), 300)
        with pytest.raises(OdapiError, match="cannot be used") as caught:
            read_contents(prefix, "--checkpoint_dir")
        assert caught.value.hint.endswith(f"--checkpoint_dir {first}")


class TestRequireWeights:
    @pytest.mark.parametrize("roots", [("model",), ("feature_extractor",), ("net",)])
    def test_with_weights(self, tmp_path, roots):
        assert require_weights(write_checkpoint(tmp_path, *roots)).roots == set(roots)

    def test_before_the_first_step(self, tmp_path):
        prefix = write_before_first_step(tmp_path)
        with pytest.raises(OdapiError, match="holds no weights, only the state before the first"):
            require_weights(prefix)

    def test_one_of_tensorflow_1(self, tmp_path):
        with pytest.raises(OdapiError, match="is a checkpoint of TensorFlow 1") as caught:
            require_weights(write_tf1_checkpoint(tmp_path))
        assert "TF2 model zoo" in caught.value.hint


class TestRequireDetector:
    def test_by_prefix_file_or_folder(self, tmp_path):
        prefix = write_checkpoint(tmp_path, "model")
        (tmp_path / "checkpoint").write_text('model_checkpoint_path: "ckpt-1"')
        for path in (prefix, f"{prefix}.index", tmp_path):
            assert require_detector(path) == prefix

    @pytest.mark.parametrize(
        ("roots", "held"), [(("feature_extractor", "a"), "a, feature_extractor"), ((), "nothing")]
    )
    def test_no_detector(self, tmp_path, roots, held):
        prefix = write_checkpoint(tmp_path, *roots)
        with pytest.raises(OdapiError, match=rf"no detector \(model\), but {held}\."):
            require_detector(prefix)

    def test_before_the_first_step(self, tmp_path):
        with pytest.raises(OdapiError, match="holds no weights"):
            require_detector(write_before_first_step(tmp_path))
