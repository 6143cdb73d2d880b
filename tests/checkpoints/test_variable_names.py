"""Names of variables: Keras' own, and the paths that checkpoints show."""

import pytest

from odapi_ssd.config.files import load_config
from tests.support.built_models import built_model

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def _network(*names):
    """Dense layers in a row, each with a kernel of one number."""
    import tensorflow as tf

    layers = [tf.keras.layers.Dense(1, use_bias=False, name=name) for name in names]
    network = tf.keras.Sequential(layers)
    network(tf.zeros([1, 1]))
    return network


def _names(model):
    from odapi_ssd.checkpoints.variable_names import variable_names

    return list(variable_names(model).values())


def test_without_variables():
    import tensorflow as tf

    assert _names(tf.Module()) == []


def test_keras_name_and_path_in_a_checkpoint():
    assert _names(_network("stem", "head")) == [
        ("stem/kernel", "model/layer_with_weights-0/kernel"),
        ("head/kernel", "model/layer_with_weights-1/kernel"),
    ]


class TestAClassificationNetwork:
    """What `restore_from_objects` returns goes by a second path."""

    def _detector(self, restore):
        import tensorflow as tf

        class Detector(tf.Module):
            def __init__(self):
                super().__init__()
                self.head = _network("head")
                self._feature_extractor = tf.Module()
                self._feature_extractor.classification_backbone = _network("stem")

            def restore_from_objects(self, kind):
                return restore(self, kind)

        return Detector()

    def test_its_path_is_the_one_of_checkpoints(self):
        detector = self._detector(
            lambda self, kind: {
                "feature_extractor": self._feature_extractor.classification_backbone
            }
        )
        backbone = "model/_feature_extractor/classification_backbone"
        assert _names(detector) == [
            ("stem/kernel", f"{backbone}/layer_with_weights-0/kernel"),
            ("head/kernel", "model/head/layer_with_weights-0/kernel"),
        ]

    def test_a_nearer_object_gives_the_path_in_checkpoints(self):
        detector = self._detector(lambda self, kind: {"feature_extractor": self.near})
        detector.near = detector._feature_extractor.classification_backbone
        named = {names[0]: names[1:] for names in _names(detector)}
        assert named["stem/kernel"] == (
            "model/near/layer_with_weights-0/kernel",
            "model/_feature_extractor/classification_backbone/layer_with_weights-0/kernel",
        )

    @pytest.mark.parametrize("error", [AttributeError, NotImplementedError])
    def test_models_without_one_have_the_two_other_names(self, error):
        def restore(self, kind):
            raise error

        assert [len(names) for names in _names(self._detector(restore))] == [2, 2]


@pytest.mark.slow
def test_names_are_those_of_a_run_s_checkpoint(trained_run):
    import tensorflow as tf

    from odapi_ssd.checkpoints.variable_names import variable_names

    suffix = "/.ATTRIBUTES/VARIABLE_VALUE"
    stored = {
        name.removesuffix(suffix)
        for name, _ in tf.train.list_variables(str(trained_run.model_dir))
        if name.startswith("model/") and ".OPTIMIZER_SLOT" not in name
    }
    names = variable_names(built_model(load_config(trained_run.config_path)))
    assert {paths for _, paths in names.values()} == stored
    assert "block_1_expand/kernel" in {name for name, _ in names.values()}
