"""What a training run is made of, built from its config by the API's own functions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from object_detection import inputs, model_lib_v2
from object_detection.builders import optimizer_builder
from object_detection.utils import config_util

from odapi_ssd.errors import OdapiError
from odapi_ssd.plugin.autograph import build_plainly

__all__ = ["TrainingJob", "build_job", "read_configs"]


@dataclass(frozen=True)
class TrainingJob:
    """What a training run is made of."""

    strategy: Any
    train_config: Any
    model: Any
    optimizer: Any
    learning_rate: Callable[[], Any]
    global_step: Any
    dataset: Any

    @property
    def step(self) -> int:
        """Steps done, as the variable that is saved with the model counts them."""
        return int(self.global_step.value())


def read_configs(
    path: str, override: Any, train_steps: int | None, use_tpu: bool, kwargs: dict[str, Any]
) -> dict[str, Any]:
    """The pipeline's configs by the API's names, overrides merged; completes kwargs."""
    configs = config_util.get_configs_from_pipeline_file(path, config_override=override)
    kwargs["train_steps"] = train_steps
    kwargs["use_bfloat16"] = configs["train_config"].use_bfloat16 and use_tpu
    configs = config_util.merge_external_params_with_configs(configs, None, kwargs_dict=kwargs)
    train_config = configs["train_config"]
    if train_config.load_all_detection_checkpoint_vars:
        raise OdapiError(
            "train_config.load_all_detection_checkpoint_vars is not supported in TF2.",
            hint='remove it and set fine_tune_checkpoint_type: "detection" or "full".',
        )
    config_util.update_fine_tune_checkpoint_type(train_config)
    if kwargs["use_bfloat16"]:
        tf.keras.mixed_precision.set_global_policy("mixed_bfloat16")
    return configs


def build_job(configs: dict[str, Any], record_summaries: bool) -> TrainingJob:
    """Builds model, input and optimizer in the current distribution strategy.

    Args:
        configs: from `read_configs`.
        record_summaries: whether the model records summaries of its own.
    """
    train_config = configs["train_config"]
    strategy = tf.distribute.get_strategy()
    with strategy.scope():
        model = model_lib_v2.MODEL_BUILD_UTIL_MAP["detection_model_fn_base"](
            model_config=configs["model"], is_training=True, add_summaries=record_summaries
        )

        def make_dataset(input_context: Any) -> Any:
            return inputs.train_input(
                train_config=train_config,
                train_input_config=configs["train_input_config"],
                model_config=configs["model"],
                model=model,
                input_context=input_context,
            ).repeat()

        dataset = build_plainly(lambda: strategy.distribute_datasets_from_function(make_dataset))
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
    return TrainingJob(
        strategy, train_config, model, optimizer, learning_rate, global_step, dataset
    )
