"""The training modes: what configure makes of them, and what training then leaves as it was."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from odapi_ssd.checkpoints.trained_config import NOTE_NAME
from odapi_ssd.config.files import load_config, parse_config, save_config
from odapi_ssd.config.templates import find_template
from odapi_ssd.configure.run import ConfigureOptions, configure
from odapi_ssd.errors import OdapiError, OptionError
from odapi_ssd.training import run as training
from odapi_ssd.weights.detector_config import config_of_template
from odapi_ssd.weights.sources import tutorial
from tests.support.recorded_progress import RecordedProgress

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

_BACKBONE = "_feature_extractor/classification_backbone/"
_TEMPLATE = "ssd_mobilenet_v2_quickstart"
_FIRST_SIZE = (
    "model.ssd.anchor_generator.flexible_grid_anchor_generator.anchor_grid[0].base_sizes[0]"
)
_COSINE = "train_config.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate"


@pytest.fixture
def run_configure(records_dir, tmp_path):
    """Configures the quickstart's template, or another, for the tests' records."""

    def run(mode, checkpoint=None, template=_TEMPLATE, **options):
        prefix = None if checkpoint is None else str(checkpoint)
        output = tmp_path / f"{mode}.config"
        return configure(
            ConfigureOptions(
                str(template),
                records_dir,
                output,
                mode=mode,
                fine_tune_checkpoint=prefix,
                **options,
            )
        )

    return run


def _write_checkpoint(folder, *roots):
    """A checkpoint of one variable below each root."""
    import tensorflow as tf

    folder.mkdir(exist_ok=True)

    objects = {name: tf.train.Checkpoint(a=tf.Variable(1.0)) for name in roots}
    return Path(tf.train.Checkpoint(**objects).write(str(folder / "ckpt-1")))


def _start(configured):
    """Type, frozen and trained patterns of a config."""
    train_config = configured.config.train_config
    return (
        train_config.fine_tune_checkpoint_type,
        list(train_config.freeze_variables),
        list(train_config.update_trainable_variables),
    )


class TestConfigure:
    @pytest.mark.parametrize(
        ("mode", "root", "kind", "frozen"),
        [
            ("from-detector", "model", "detection", []),
            ("new-layers", "feature_extractor", "classification", [_BACKBONE]),
            ("all-layers", "feature_extractor", "classification", []),
            ("all-layers", "model", "full", []),
        ],
    )
    def test_what_a_mode_sets(self, run_configure, tmp_path, mode, root, kind, frozen):
        prefix = _write_checkpoint(tmp_path, root)
        template = load_config(find_template(_TEMPLATE))
        template.train_config.freeze_variables.append("x")
        template.train_config.update_trainable_variables.append("y")
        template.train_config.fine_tune_checkpoint_type = "other"
        save_config(template, tmp_path / "t.config")
        configured = run_configure(mode, prefix, tmp_path / "t.config")
        assert _start(configured) == (kind, frozen, [])
        assert configured.config.train_config.fine_tune_checkpoint == str(prefix)
        assert load_config(tmp_path / f"{mode}.config") == configured.config

    def test_scratch(self, run_configure, tmp_path):
        overrides = ["train_config.fine_tune_checkpoint=c", "train_config.freeze_variables=x"]
        template = load_config(find_template(_TEMPLATE), overrides)
        save_config(template, tmp_path / "t.config")
        configured = run_configure("scratch", template=tmp_path / "t.config")
        assert configured.config.train_config.fine_tune_checkpoint == ""
        assert not configured.config.train_config.freeze_variables

    def test_what_is_set_by_hand_comes_last(self, run_configure, tmp_path):
        prefix = _write_checkpoint(tmp_path, "feature_extractor")
        more = ("train_config.freeze_variables[1]='moving'",)
        configured = run_configure("new-layers", prefix, assignments=more)
        assert _start(configured)[1] == [_BACKBONE, "moving"]

    @pytest.mark.parametrize(
        ("mode", "roots", "expected"),
        [
            ("from-detector", ["feature_extractor"], "ckpt-1 holds a classification network.\n"
             "What to do: --mode new-layers trains what is new on top of it, --mode all-layers"),
            ("new-layers", ["model"], "ckpt-1 holds a detector.\nWhat to do: --mode from-detector"),
            ("all-layers", ["net", "ema"], "nor a classification network (feature_extractor), but "
             "ema, net."),
            ("new-layers", [], "but nothing."),
        ],
    )  # fmt: skip
    def test_a_checkpoint_that_does_not_suit(self, run_configure, tmp_path, mode, roots, expected):
        prefix = _write_checkpoint(tmp_path, *roots)
        with pytest.raises(OdapiError) as caught:
            run_configure(mode, prefix)
        assert expected in str(caught.value)
        assert not (tmp_path / f"{mode}.config").exists()

    def test_a_detector_before_its_first_step(self, run_configure, tmp_path):
        import tensorflow as tf

        checkpoint = tf.train.Checkpoint(model=tf.Module(), step=tf.Variable(0))
        with pytest.raises(OdapiError, match="holds no weights, only the state before the first"):
            run_configure("from-detector", checkpoint.write(str(tmp_path / "ckpt-1")))

    def test_a_checkpoint_of_tensorflow_1(self, run_configure, tmp_path):
        import tensorflow as tf

        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            tf.compat.v1.get_variable("a", [])
            session.run(tf.compat.v1.global_variables_initializer())
            prefix = tf.compat.v1.train.Saver().save(session, str(tmp_path / "model.ckpt"))
        with pytest.raises(OdapiError, match="checkpoint of TensorFlow 1"):
            run_configure("new-layers", prefix)

    def test_a_file_that_is_no_checkpoint(self, run_configure, tmp_path):
        (tmp_path / "ckpt-1.index").write_text("not a table")
        with pytest.raises(OdapiError, match="ckpt-1 cannot be read: "):
            run_configure("new-layers", tmp_path / "ckpt-1")

    @pytest.mark.parametrize("mode", ["new-layers", "all-layers"])
    def test_hourglass_networks_of_center_net_are_no_classification_networks(
        self, run_configure, tmp_path, mode
    ):
        text = "model { center_net { feature_extractor { type: 'hourglass_104' } } }"
        save_config(parse_config(text), tmp_path / "t.config")
        prefix = _write_checkpoint(tmp_path, "feature_extractor")
        with pytest.raises(OdapiError, match=r"knows none in .* hourglass_104"):
            run_configure(mode, prefix, tmp_path / "t.config")


class TestAllOfADetector:
    """all-layers goes on with a run; what its note says of it has to be the same."""

    def _write_run(self, folder, config, *overrides):
        noted = load_config(config, overrides)
        save_config(noted, folder / NOTE_NAME)
        return _write_checkpoint(folder, "model")

    def test_of_the_same_classes(self, run_configure, tiny_config_path, tmp_path):
        prefix = self._write_run(tmp_path, tiny_config_path)
        configured = run_configure("all-layers", prefix, tiny_config_path)
        assert _start(configured)[0] == "full"
        assert not any(NOTE_NAME in note for note in configured.notes)

    def test_without_a_note(self, run_configure, tiny_config_path, tmp_path):
        prefix = _write_checkpoint(tmp_path, "model")
        configured = run_configure("all-layers", prefix, tiny_config_path)
        (note,) = (note for note in configured.notes if "No config came with" in note)
        assert "make sure that its detector has this model's anchors and these classes" in note

    def test_of_another_number_of_classes(self, run_configure, tiny_config_path, tmp_path):
        prefix = self._write_run(tmp_path, tiny_config_path, "model.ssd.num_classes=90")
        with pytest.raises(OdapiError, match="num_classes is 90 there and 3 in the") as caught:
            run_configure("all-layers", prefix, tiny_config_path)
        assert "--mode from-detector" in caught.value.hint
        assert _start(run_configure("from-detector", prefix, tiny_config_path))[0] == "detection"

    def test_of_other_classes_as_many(self, run_configure, tiny_config_path, tmp_path):
        labels = tmp_path / "labels.pbtxt"
        labels.write_text("".join(f"item {{ id: {i} name: 'c{i}' }}\n" for i in (1, 2, 3)))
        overrides = f"train_input_reader.label_map_path={labels}"
        prefix = self._write_run(tmp_path, tiny_config_path, overrides)
        with pytest.raises(OdapiError, match=r"classes: 1 c1, 2 c2, 3 c3 there, 1 circle, "):
            run_configure("all-layers", prefix, tiny_config_path)


class TestADetectorWithItsConfig:
    """Imported weights, exports and the API's downloads: checkpoint/, and the config above it."""

    @pytest.fixture
    def imported(self, tmp_path):
        """Writes the checkpoint, and the template with other values above it."""

        def write(*overrides):
            folder = tmp_path / "weights"
            config = load_config(find_template("ssd_vgg_voc"), overrides)
            save_config(config, folder / "pipeline.config")
            return _write_checkpoint(folder / "checkpoint", "model")

        return write

    def test_other_anchors_of_the_same_shapes(self, run_configure, imported, tmp_path):
        """What the tutorial's weights are to the template: its order within a cell, its sizes."""
        prefix = imported()
        config = config_of_template(tutorial.SOURCE, num_classes=3).config
        save_config(config, tmp_path / "weights" / "pipeline.config")
        with pytest.raises(OdapiError, match="anchor_grid differs") as caught:
            run_configure("all-layers", prefix, "ssd_vgg_voc")
        path = tmp_path / "weights" / "pipeline.config"
        assert f"odapi-ssd configure --template {path}" in caught.value.hint
        assert "--mode from-detector" in caught.value.hint
        assert not (tmp_path / "all-layers.config").exists()

        configured = run_configure("all-layers", prefix, path)
        assert _start(configured)[0] == "full"
        assert _start(run_configure("from-detector", prefix, "ssd_vgg_voc"))[0] == "detection"

    def test_what_is_set_by_hand_counts(self, run_configure, imported):
        prefix = imported("model.ssd.num_classes=3", f"{_FIRST_SIZE}=31")
        more = (f"{_FIRST_SIZE}=31",)
        run_configure("all-layers", prefix, "ssd_vgg_voc", assignments=more)

    def test_a_download_for_90_classes(self, run_configure, imported):
        prefix = imported("model.ssd.num_classes=90")
        with pytest.raises(OdapiError, match="num_classes is 90 there and 3 in the") as caught:
            run_configure("all-layers", prefix, "ssd_vgg_voc")
        assert "for other classes take --mode from-detector" in caught.value.hint

    def test_a_label_map_that_is_gone(self, run_configure, imported):
        labels = "train_input_reader.label_map_path=/nowhere/label_map.pbtxt"
        prefix = imported("model.ssd.num_classes=3", labels)
        notes = run_configure("all-layers", prefix, "ssd_vgg_voc").notes
        assert any("has these classes in this order" in note for note in notes)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--mode", "scratch", "--fine_tune_checkpoint", "c"], "scratch starts from random weight"),
        (["--mode", "from-detector"], "needs a --fine_tune_checkpoint, of a detector."),
        (["--mode", "new-layers"], "needs a --fine_tune_checkpoint, of a classification network."),
        (["--mode", "all-layers"], "of a detector or a classification network."),
        (["--mode", "both"], "'both' is not one of 'scratch', 'from-detector'"),
    ],
)
def test_a_wrong_call_is_2(arguments, expected, records_dir, tmp_path):
    output = tmp_path / "o.config"
    done = subprocess.run(
        [sys.executable, "-m", "odapi_ssd", "configure", "--template", _TEMPLATE,
         "--records_dir", records_dir, "--output_path", output, *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert expected in " ".join(done.stderr.split())
    assert not output.exists()


def test_an_unknown_mode_is_refused_in_python(records_dir, tmp_path):
    with pytest.raises(OptionError, match="one of scratch, from-detector, new-layers, all-layers"):
        ConfigureOptions(_TEMPLATE, records_dir, tmp_path / "o.config", mode="both")


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
    from object_detection.builders import model_builder

    model = model_builder.build(load_config(tiny_config_path).model, is_training=True)
    images, shapes = model.preprocess(tf.zeros([1, 96, 128, 3]))
    tf.function(model.predict, autograph=False)(images, shapes)
    checkpoint = tf.train.Checkpoint(**model.restore_from_objects("classification"))
    return checkpoint.save(str(tmp_path_factory.mktemp("network") / "ckpt"))


@pytest.mark.slow
def test_first_what_is_new_then_everything(
    run_configure, tiny_config_path, classification_checkpoint, tmp_path
):
    """The two steps on top of a classification network."""
    run_configure("new-layers", classification_checkpoint, tiny_config_path)
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

    run_configure("all-layers", first / "ckpt-2", tiny_config_path)
    second = tmp_path / "second"
    progress = _train(tmp_path / "all-layers.config", second, num_steps=3)
    assert not any(phase.startswith("Frozen") for phase in progress.phases)
    assert _changed(end, _weights(second / "ckpt-1")) == set()
    assert set(network) <= _changed(end, _weights(second / "ckpt-2"))


@pytest.mark.slow
def test_a_detector_gets_new_heads_for_other_classes(run_configure, tiny_with, trained_run):
    """The run has three classes; four have other heads."""
    prefix = trained_run.model_dir / "ckpt-3"
    configured = run_configure("from-detector", prefix, trained_run.config_path)
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_another_classification_network_is_refused(tiny_with, tmp_path):
    """What training says of one of the API's own, whose checkpoints nothing looks at before."""
    prefix = _write_checkpoint(tmp_path, "feature_extractor")
    path = tiny_with(
        f"train_config.fine_tune_checkpoint={prefix}",
        "train_config.fine_tune_checkpoint_type=classification",
        "train_config.fine_tune_checkpoint_version=V2",
    )
    with pytest.raises(OdapiError, match=r"ckpt-1 does not fit the model of this") as caught:
        _train(path, tmp_path / "run")
    assert "import-weights --from keras --backbone … --pipeline_config_path" in caught.value.hint


@pytest.mark.slow
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


@pytest.mark.slow
def test_patterns_that_fit_nothing_end_training_before_the_first_step(tiny_with, tmp_path):
    path = tiny_with("train_config.freeze_variables=['FeatureExtractor/MobilenetV2']")
    with pytest.raises(OdapiError, match="Patterns of train_config match none of the model's 296"):
        _train(path, tmp_path / "run")
    assert not list((tmp_path / "run").glob("ckpt-*"))


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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
