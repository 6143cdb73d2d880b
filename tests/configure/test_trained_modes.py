"""Training in the modes of configure: which weights it takes over, and which it leaves alone."""

import shutil
import subprocess
import sys

import numpy as np
import pytest

from odapi_ssd.config.files import load_config, save_config
from odapi_ssd.errors import OdapiError
from odapi_ssd.training import run as training
from tests.support.built_models import built_model
from tests.support.recorded_progress import RecordedProgress
from tests.support.saved_checkpoints import write_checkpoint

pytestmark = [pytest.mark.tf, pytest.mark.slow, pytest.mark.usefixtures("api")]

_BACKBONE = "_feature_extractor/classification_backbone/"
_COSINE = "train_config.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate"


def _weights(checkpoint):
    """Values of a checkpoint's model, or else its classification network, by path in a model."""
    import tensorflow as tf

    reader = tf.train.load_checkpoint(str(checkpoint))
    values = {}
    for name in reader.get_variable_to_shape_map():
        path = name.removesuffix("/.ATTRIBUTES/VARIABLE_VALUE")
        if path.startswith(("model/", "feature_extractor/")) and "OPTIMIZER_SLOT" not in path:
            path = path.replace("feature_extractor/", f"model/{_BACKBONE}", path[0] == "f")
            values[path] = reader.get_tensor(name)
    return values


def _changed(before, after):
    """Paths of the values that differ; each in `before` has to be in `after`."""
    assert before
    return {path for path, value in before.items() if not np.array_equal(value, after[path])}


def _class_heads(weights):
    heads = "_prediction_heads/class_predictions_with_background"
    return {path for path in weights if heads in path and path.endswith("kernel")}


def _train(config_path, model_dir, num_steps=2, **options):
    progress = RecordedProgress()
    options = training.TrainOptions(
        str(config_path), str(model_dir), num_train_steps=num_steps, **options
    )
    training.train(options, progress)
    return progress


@pytest.fixture
def tiny_with(tiny_config_path, tmp_path):
    """Writes the tiny config with other values."""

    def write(*overrides):
        path = tmp_path / "changed.config"
        save_config(load_config(tiny_config_path, overrides), path)
        return path

    return write


@pytest.fixture(scope="module")
def classification_checkpoint(api, tiny_config_path, tmp_path_factory):
    """The tiny model's classification network by itself, as the API restores one."""
    import tensorflow as tf

    model = built_model(load_config(tiny_config_path))
    checkpoint = tf.train.Checkpoint(**model.restore_from_objects("classification"))
    return checkpoint.save(str(tmp_path_factory.mktemp("network") / "ckpt"))


def test_first_what_is_new_then_everything(
    run_mode, tiny_config_path, classification_checkpoint, tmp_path
):
    """The two steps on top of a classification network."""
    run_mode("new-layers", classification_checkpoint, tiny_config_path)
    first = tmp_path / "first"
    progress = _train(tmp_path / "new-layers.config", first, num_steps=3)
    (summary,) = (phase for phase in progress.phases if phase.startswith("Frozen: "))
    assert summary.startswith("Frozen: 156 of 184 variables (309,856 of ")
    assert summary.endswith("52 batch norm layers keep their statistics")
    network, start, end = map(
        _weights, (classification_checkpoint, first / "ckpt-1", first / "ckpt-2")
    )
    assert len(network) == 260
    assert {path for path in network if "moving" in path} != set()
    assert _changed(network, end) == set()
    new = {path: value for path, value in start.items() if path not in network}
    assert _class_heads(new) <= _changed(new, end)
    assert {path for path in new if "moving" in path} <= _changed(new, end)

    run_mode("all-layers", first / "ckpt-2", tiny_config_path)
    second = tmp_path / "second"
    progress = _train(tmp_path / "all-layers.config", second, num_steps=3)
    assert not any(phase.startswith("Frozen") for phase in progress.phases)
    assert _changed(end, _weights(second / "ckpt-1")) == set()
    assert set(network) <= _changed(end, _weights(second / "ckpt-2"))


def test_a_detector_gets_new_heads_for_other_classes(run_mode, tiny_with, trained_run):
    """The run has three classes; four have other heads."""
    prefix = trained_run.model_dir / "ckpt-3"
    configured = run_mode("from-detector", prefix, trained_run.config_path)
    config = configured.config
    config.model.ssd.num_classes = 4
    path = tiny_with()
    save_config(config, path)
    model_dir = path.parent / "run"
    _train(path, model_dir, num_steps=1)
    before, start = _weights(prefix), _weights(model_dir / "ckpt-1")
    features = {name: value for name, value in before.items() if "_feature_extractor/" in name}
    assert _changed(features, start) == set()
    # Three anchors per cell on the first map and four on the others; the background is a class.
    assert {start[name].shape[-1] for name in _class_heads(start)} == {3 * 5, 4 * 5}


def test_heads_for_other_classes_are_not_taken_over(run_without_note, tiny_with, tmp_path):
    """Only the training loop notices, as nothing says which model the checkpoint is of."""
    path = tiny_with(
        "model.ssd.num_classes=4",
        f"train_config.fine_tune_checkpoint={run_without_note / 'ckpt-3'}",
        "train_config.fine_tune_checkpoint_type=full",
        "train_config.fine_tune_checkpoint_version=V2",
    )
    with pytest.raises(OdapiError, match=r"ckpt-3 does not fit the model of this") as caught:
        _train(path, tmp_path / "run")
    assert "ClassPredictor" in caught.value.details[0]
    assert 'set fine_tune_checkpoint_type: "detection"' in caught.value.hint
    assert not list((tmp_path / "run").glob("ckpt-*"))


def test_another_classification_network_is_refused(tiny_with, tmp_path):
    """What training says of one of the API's own, whose checkpoints nothing looks at before."""
    prefix = write_checkpoint(tmp_path, "feature_extractor")
    path = tiny_with(
        f"train_config.fine_tune_checkpoint={prefix}",
        "train_config.fine_tune_checkpoint_type=classification",
        "train_config.fine_tune_checkpoint_version=V2",
    )
    with pytest.raises(OdapiError, match=r"ckpt-1 does not fit the model of this") as caught:
        _train(path, tmp_path / "run")
    assert "import-weights --from keras --backbone … --pipeline_config_path" in caught.value.hint


def test_a_run_goes_on_with_other_variables_frozen(trained_run, tiny_with, tmp_path):
    """The optimizer's state has more variables than are trained, and fewer."""
    model_dir = tmp_path / "run"
    shutil.copytree(trained_run.model_dir, model_dir)
    heads, network = "model/_box_predictor/", f"model/{_BACKBONE}"
    for num_steps, frozen in ((8, [heads, "moving"]), (9, [network]), (10, [])):
        path = tiny_with(f"train_config.freeze_variables={frozen}", f"{_COSINE}.total_steps=20")
        progress = _train(path, model_dir, num_steps)
        assert any(phase.startswith("Resuming") for phase in progress.phases)
    seventh, eighth, ninth, tenth = (_weights(model_dir / f"ckpt-{n}") for n in (3, 4, 5, 6))
    changed = _changed(seventh, eighth)
    assert not any(path.startswith(heads) or "moving" in path for path in changed)
    assert any(path.startswith(network) for path in changed)
    changed = _changed(eighth, ninth)
    assert not any(path.startswith(network) for path in changed)
    assert _class_heads(changed) == _class_heads(eighth)
    assert {path for path in ninth if path.startswith(network)} <= _changed(ninth, tenth)


def test_patterns_that_fit_nothing_end_training_before_the_first_step(tiny_with, tmp_path):
    path = tiny_with("train_config.freeze_variables=['FeatureExtractor/MobilenetV2']")
    with pytest.raises(OdapiError, match="Patterns of train_config match none of the model's 296"):
        _train(path, tmp_path / "run")
    assert not list((tmp_path / "run").glob("ckpt-*"))


def test_frozen_weights_stay_under_moving_averages(tiny_with, tmp_path):
    path = tiny_with(
        f"train_config.freeze_variables=['{_BACKBONE}']",
        "train_config.optimizer.use_moving_average=true",
    )
    _train(path, tmp_path / "run")
    start, end = (_weights(tmp_path / "run" / f"ckpt-{n}") for n in (1, 2))
    network = {path for path in start if _BACKBONE in path}
    changed = _changed(start, end)
    assert not network & changed
    assert _class_heads(start) <= changed


def test_the_api_s_own_loop_freezes_nothing(tiny_with, tmp_path):
    """So that what `check` says of --train_loop api is true."""
    from object_detection import model_lib_v2

    path, model_dir = tiny_with("train_config.freeze_variables='.'"), str(tmp_path / "run")
    options = {"num_steps_per_iteration": 1, "checkpoint_every_n": 1}
    model_lib_v2.train_loop(str(path), model_dir, train_steps=2, **options)
    first, second = (_weights(f"{model_dir}/ckpt-{n}") for n in (2, 3))
    assert {path for path in first if _BACKBONE in path} <= _changed(first, second)


_ON_TWO_REPLICAS = """
import sys, odapi_ssd
odapi_ssd.register()
import tensorflow as tf
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from odapi_ssd.training import run as training
path, model_dir = sys.argv[1:]
training.train(training.TrainOptions(path, model_dir, num_train_steps=2))
"""


def test_two_replicas_freeze_the_same_and_multiply_their_biases_gradients(tiny_with, tmp_path):
    """By next to nothing, so that the biases stay."""
    path = tiny_with(
        f"train_config.freeze_variables=['{_BACKBONE}']",
        "train_config.bias_grad_multiplier=1e-30",
        "train_config.gradient_clipping_by_norm=1",
    )
    done = subprocess.run(
        [sys.executable, "-c", _ON_TWO_REPLICAS, path, tmp_path / "run"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    start, end = (_weights(tmp_path / "run" / f"ckpt-{n}") for n in (1, 2))
    changed = _changed(start, end)
    assert not any(_BACKBONE in path for path in changed)
    assert _class_heads(start) <= changed
    # Those of the box heads start at 0, where the least step shows.
    biases = {path.replace("kernel", "bias") for path in _class_heads(start)}
    assert biases <= start.keys()
    assert not biases & changed
