"""The model, input and optimizer of a training run, built by the API's own functions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from object_detection import inputs, model_lib_v2
from object_detection.builders import optimizer_builder
from object_detection.utils import config_util

from odapi_ssd.plugin.autograph import build_without_autograph
from odapi_ssd.plugin.building import build_model

__all__ = ["TrainingSetup", "config_to_run", "make_strategy", "set_up_training"]


@dataclass(frozen=True)
class TrainingSetup:
    """The model to train, its input and its optimizer.

    Attributes:
        strategy: the `tf.distribute.Strategy` that all of it was made in.
        train_config: the `TrainConfig`.
        input_reader: the `InputReader` of the training data.
        model: a `DetectionModel` of the API.
        optimizer: a Keras optimizer.
        learning_rate: returns that of the next step.
        global_step: int64 variable, the number of steps done.
        dataset: distributed, endless; yields batches of features and labels.
    """

    strategy: Any
    train_config: Any
    input_reader: Any
    model: Any
    optimizer: Any
    learning_rate: Callable[[], Any]
    global_step: Any
    dataset: Any

    @property
    def step(self) -> int:
        """The number of steps done, from the variable that is saved with the model."""
        return int(self.global_step.value())


def make_strategy(use_tpu: bool, tpu_name: str | None, num_workers: int) -> Any:
    """The distribution strategy that the API's `model_main_tf2` would choose.

    Nothing may have run in TensorFlow before, if the strategy is one for several workers.

    Returns:
        A `tf.distribute.Strategy`: TPU, else multi-worker mirrored, else mirrored.
    """
    tf.config.set_soft_device_placement(True)
    if use_tpu:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu_name)
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
        return tf.distribute.experimental.TPUStrategy(resolver)
    if num_workers > 1:
        return tf.distribute.experimental.MultiWorkerMirroredStrategy()
    return tf.distribute.MirroredStrategy()


def config_to_run(config: Any, num_train_steps: int | None, use_tpu: bool) -> Any:
    """A copy of a config with the fields that the call decides, and none that is deprecated.

    Args:
        config: a `TrainEvalPipelineConfig`.
        num_train_steps: the step to end at; None for the config's num_steps.
        use_tpu: whether it will run on a TPU: `use_bfloat16` is for nothing else.
    """
    resolved = type(config)()
    resolved.CopyFrom(config)
    train_config = resolved.train_config
    if num_train_steps is not None:
        train_config.num_steps = num_train_steps
    train_config.use_bfloat16 = train_config.use_bfloat16 and use_tpu
    config_util.update_fine_tune_checkpoint_type(train_config)
    return resolved


def set_up_training(config: Any, record_summaries: bool) -> TrainingSetup:
    """Builds model, input and optimizer in the current distribution strategy.

    Args:
        config: a `TrainEvalPipelineConfig`, from `config_to_run`.
        record_summaries: whether the model records summaries of its own.
    """
    train_config = config.train_config
    if train_config.use_bfloat16:
        tf.keras.mixed_precision.set_global_policy("mixed_bfloat16")
    strategy = tf.distribute.get_strategy()
    with strategy.scope():
        model = build_model(config.model, is_training=True, add_summaries=record_summaries)

        def make_dataset(input_context: Any) -> Any:
            return inputs.train_input(
                train_config=train_config,
                train_input_config=config.train_input_reader,
                model_config=config.model,
                model=model,
                input_context=input_context,
            ).repeat()

        dataset = build_without_autograph(
            lambda: strategy.distribute_datasets_from_function(make_dataset)
        )
        global_step = tf.Variable(
            0,
            trainable=False,
            dtype=tf.int64,
            name="global_step",
            aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        )
        optimizer, (rate,) = optimizer_builder.build(train_config.optimizer, global_step)
        if train_config.optimizer.use_moving_average:
            # The averages are copies of the variables, which a model has only once it is built.
            unpad = train_config.unpad_groundtruth_tensors
            model_lib_v2._ensure_model_is_built(model, dataset, unpad)
            optimizer.shadow_copy(model)
    learning_rate = rate if callable(rate) else lambda: rate
    return TrainingSetup(
        strategy=strategy,
        train_config=train_config,
        input_reader=config.train_input_reader,
        model=model,
        optimizer=optimizer,
        learning_rate=learning_rate,
        global_step=global_step,
        dataset=dataset,
    )
