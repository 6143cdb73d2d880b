"""The checkpoints of a run: on a model of one variable; and fine-tuning of a detector."""

import pytest

from odapi_ssd.config.files import load_config, new_config, save_config
from odapi_ssd.errors import OdapiError
from odapi_ssd.training.run import TrainOptions, train
from tests.support.recorded_progress import RecordedProgress
from tests.support.runs import assert_same_kernels, kernels, saved_steps

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def _setup(num_weights=2, **changes):
    """A model of one variable, in the default strategy, without input."""
    import tensorflow as tf

    from odapi_ssd.training.setup import TrainingSetup

    model = tf.Module()
    model.weights = tf.Variable(tf.zeros([num_weights]), name="weights")
    values = {
        "strategy": tf.distribute.get_strategy(),
        "train_config": new_config().train_config,
        "model": model,
        "optimizer": tf.keras.optimizers.SGD(0.1),
        "learning_rate": lambda: 0.1,
        "global_step": tf.Variable(0, dtype=tf.int64),
        "dataset": None,
    }
    return TrainingSetup(**{**values, **changes})


def _checkpointer(setup, model_dir, max_to_keep=7):
    from odapi_ssd.training.checkpointer import RunCheckpointer

    return RunCheckpointer(setup, str(model_dir), max_to_keep, RecordedProgress())


def _train_to(setup, step):
    setup.global_step.assign(step)
    setup.model.weights.assign([step, step])


class TestSave:
    def test_a_step_is_saved_once(self, tmp_path):
        checkpointer = _checkpointer(_setup(), tmp_path)
        checkpointer.restore()
        assert (checkpointer.restored, checkpointer.saved_step) == (None, -1)
        checkpointer.save(0)
        checkpointer.save(0)
        assert saved_steps(tmp_path) == [0]
        assert checkpointer._progress.saved_steps == [0]

    def test_the_oldest_are_removed(self, tmp_path):
        setup = _setup()
        checkpointer = _checkpointer(setup, tmp_path, max_to_keep=2)
        for step in (0, 4, 8):
            _train_to(setup, step)
            checkpointer.save(step)
        assert saved_steps(tmp_path) == [4, 8]
        assert not list(tmp_path.glob("ckpt-1.*"))


class TestRestore:
    def test_the_newest_checkpoint_is_resumed(self, tmp_path):
        setup = _setup()
        for step in (3, 5):
            _train_to(setup, step)
            _checkpointer(setup, tmp_path).save(step)
        resumed = _setup()
        checkpointer = _checkpointer(resumed, tmp_path)
        checkpointer.restore()
        assert checkpointer._progress.phases == [f"Resuming from {checkpointer.restored}"]
        assert (resumed.step, checkpointer.saved_step) == (5, 5)
        assert resumed.model.weights.numpy().tolist() == [5, 5]
        checkpointer.save(5)
        assert checkpointer._progress.saved_steps == []

    def test_a_call_that_makes_variables_of_another_shape_is_refused(self, tmp_path):
        """The variables of a Keras model are restored when its first call makes them."""
        import tensorflow as tf

        _checkpointer(_setup(), tmp_path).save(0)
        setup = _setup(model=tf.Module())
        checkpointer = _checkpointer(setup, tmp_path)
        checkpointer.restore()

        def make_variables():
            setup.model.weights = tf.Variable([1.0, 1.0, 1.0])

        with pytest.raises(OdapiError, match="does not fit the model of this config"):
            checkpointer.run_and_require_fit(make_variables)

    def test_a_call_that_makes_the_same_variables_returns_its_result(self, tmp_path):
        import tensorflow as tf

        setup = _setup()
        _train_to(setup, 3)
        _checkpointer(setup, tmp_path).save(3)
        setup = _setup(model=tf.Module())
        checkpointer = _checkpointer(setup, tmp_path)
        checkpointer.restore()

        def make_variables(result):
            setup.model.weights = tf.Variable([1.0, 1.0])
            return result

        assert checkpointer.run_and_require_fit(make_variables, "losses") == "losses"


@pytest.mark.slow
def test_fine_tuning_starts_from_the_checkpoint_also_after_a_false_start(
    trained_run, without_learning, tmp_path
):
    """The directory holds the checkpoint of a run that was stopped before its first step."""
    import tensorflow as tf

    step = tf.Variable(0, dtype=tf.int64)
    tf.train.CheckpointManager(tf.train.Checkpoint(step=step), str(tmp_path), 7).save()
    checkpoint = trained_run.model_dir / "ckpt-3"
    overrides = [
        f"train_config.fine_tune_checkpoint={checkpoint}",
        "train_config.fine_tune_checkpoint_type=full",
        "train_config.fine_tune_checkpoint_version=V2",
    ]
    config_path = tmp_path / "fine_tune.config"
    save_config(load_config(without_learning, overrides), config_path)
    progress = RecordedProgress()
    train(TrainOptions(str(config_path), str(tmp_path), num_train_steps=1), progress)
    assert f"Loading {checkpoint}" in progress.phases
    assert_same_kernels(kernels(tmp_path), kernels(trained_run.model_dir))
