"""The training loop: the API's `train_loop` written anew, to be read from top to bottom.

It is built on the API's own input, training step, optimizer and checkpoint functions, has its
signature and writes the same checkpoints and summaries, so that a run started by one goes on in
the other. What differs: the last step is always saved, as is the one at which the user stops; each
step is one call, so that there is progress from the first one and training ends exactly where it
was asked to; a loss that is no number ends it; a checkpoint of another model is refused;
`freeze_variables`, `update_trainable_variables` and `bias_grad_multiplier` do what they say.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf
from object_detection import model_lib_v2
from object_detection.core import standard_fields
from object_detection.utils import config_util

from odapi_ssd.plugin.ssd_meta_arch import SSDMetaArch, describe_loss
from odapi_ssd.progress import SILENT, Progress
from odapi_ssd.training.checkpointer import RunCheckpointer
from odapi_ssd.training.freezing import Frozen, freeze, wants_freezing
from odapi_ssd.training.monitor import TrainingMonitor
from odapi_ssd.training.optimizer import SelectiveOptimizer
from odapi_ssd.training.setup import TrainingJob, build_job, read_configs

__all__ = ["train_loop"]


def train_loop(
    pipeline_config_path: str,
    model_dir: str,
    config_override: Any = None,
    train_steps: int | None = None,
    use_tpu: bool = False,
    save_final_config: bool = False,
    checkpoint_every_n: int = 1000,
    checkpoint_max_to_keep: int = 7,
    record_summaries: bool = True,
    performance_summary_exporter: Callable[[Mapping[str, float], str], None] | None = None,
    num_steps_per_iteration: int = 100,
    *,
    progress: Progress = SILENT,
    **kwargs: Any,
) -> None:
    """Trains a model; takes what `object_detection.model_lib_v2.train_loop` takes.

    Args:
        pipeline_config_path: the pipeline config.
        model_dir: where checkpoints and summaries go; a run that is there already goes on.
        config_override: a TrainEvalPipelineConfig that is merged over the file's.
        train_steps: the step to end at; None takes the config's num_steps.
        use_tpu: whether to run on a TPU (with bfloat16 if the config wants it).
        save_final_config: whether to write the config as run to model_dir.
        checkpoint_every_n: steps between checkpoints; the last step is saved in any case.
        checkpoint_max_to_keep: how many checkpoints stay.
        record_summaries: whether to record images and the model's own summaries.
        performance_summary_exporter: called at the end with speed metrics and the precision.
        num_steps_per_iteration: steps between summaries.
        progress: gets phases, steps and checkpoints.
        **kwargs: config overrides, as the API has them.
    Raises:
        OdapiError: model_dir holds another model's checkpoint, variables to freeze are not there,
            or the loss is no number.
    """
    configs = read_configs(pipeline_config_path, config_override, train_steps, use_tpu, kwargs)
    num_steps = train_steps or configs["train_config"].num_steps
    if save_final_config:
        final_config = config_util.create_pipeline_proto_from_configs(configs)
        config_util.save_pipeline_config(final_config, model_dir)

    progress.phase("Building the model and its input")
    job = build_job(configs, record_summaries)
    if loss_note := describe_loss(job.model):
        progress.phase(loss_note)
    writer_dir = model_lib_v2.get_filepath(job.strategy, os.path.join(model_dir, "train"))
    writer = tf.summary.create_file_writer(writer_dir)
    is_summary_step = _is_multiple(job.global_step, num_steps_per_iteration)
    with job.strategy.scope(), writer.as_default(), tf.summary.record_if(is_summary_step):
        checkpointer = RunCheckpointer(job, model_dir, checkpoint_max_to_keep, progress)
        checkpointer.restore()
        monitor = TrainingMonitor(job, num_steps, progress)
        if monitor.step < num_steps:
            frozen = _freeze(job, checkpointer, progress)
            train_step = _make_train_step(job, frozen, record_summaries)
            _run(train_step, checkpointer, monitor, checkpoint_every_n, num_steps_per_iteration)
        else:
            checkpointer.build_model()
            progress.phase(f"Step {monitor.step} is reached already: nothing to train")
    writer.close()
    for directory in (checkpointer.directory, writer_dir):
        model_lib_v2.clean_temporary_directories(job.strategy, directory)
    if performance_summary_exporter is not None:
        uses_bfloat16 = kwargs["use_bfloat16"]
        performance_summary_exporter(monitor.performance(), "bf16" if uses_bfloat16 else "fp32")


def _run(
    train_step: Callable[[Any], dict[str, Any]],
    checkpointer: RunCheckpointer,
    monitor: TrainingMonitor,
    checkpoint_every_n: int,
    summarize_every_n: int,
) -> None:
    """Trains step by step to the last one, which is saved in any case."""
    batches = iter(monitor.job.dataset)
    if monitor.step == 0:
        checkpointer.save(0)
    monitor.progress.phase("Tracing the training step (the first step takes longest)")
    try:
        while monitor.step < monitor.num_steps:
            if monitor.is_first_step:
                losses = checkpointer.run_and_require_fit(train_step, batches)
            else:
                losses = train_step(batches)
            monitor.step_done(losses)
            if monitor.step % summarize_every_n == 0 or monitor.step == monitor.num_steps:
                monitor.write_summaries()
            if monitor.step - checkpointer.saved_step >= checkpoint_every_n:
                monitor.require_finite_loss()
                checkpointer.save(monitor.step)
        monitor.require_finite_loss()
    except KeyboardInterrupt:
        if monitor.is_loss_finite():
            checkpointer.save(monitor.job.step)
        raise
    checkpointer.save(monitor.step)


def _freeze(job: TrainingJob, checkpointer: RunCheckpointer, progress: Progress) -> Frozen:
    """Freezes what the config says, before a step is traced that would train it."""
    if not wants_freezing(job.train_config):
        return Frozen()
    checkpointer.build_model()
    frozen = freeze(job.model, job.train_config)
    progress.phase(frozen.summary)
    return frozen


def _make_train_step(
    job: TrainingJob, frozen: Frozen, record_summaries: bool
) -> Callable[[Any], dict[str, Any]]:
    """A traced function that takes the iterator over batches and returns the step's losses."""
    optimizer = SelectiveOptimizer(
        job.optimizer,
        frozen.variables,
        job.train_config.bias_grad_multiplier,
        job.train_config.gradient_clipping_by_norm,
    )

    def replica_step(features: Mapping[str, Any], labels: Mapping[str, Any]) -> dict[str, Any]:
        if record_summaries:
            images = features[standard_fields.InputDataFields.image]
            tf.summary.image("train_input_images", images, step=job.global_step, max_outputs=3)
        losses: dict[str, Any] = model_lib_v2.eager_train_step(
            job.model,
            features,
            labels,
            job.train_config.unpad_groundtruth_tensors,
            optimizer,
            training_step=job.global_step,
            add_regularization_loss=job.train_config.add_regularization_loss,
            num_replicas=job.strategy.num_replicas_in_sync,
        )
        job.global_step.assign_add(1)
        return losses

    # Nothing of an SSD with our loss is for AutoGraph, whose rewriting takes long.
    @tf.function(autograph=not isinstance(job.model, SSDMetaArch))
    def train_step(batches: Any) -> dict[str, Any]:
        losses = job.strategy.run(replica_step, args=next(batches))
        return model_lib_v2.reduce_dict(job.strategy, losses, tf.distribute.ReduceOp.SUM)

    return train_step


def _is_multiple(global_step: Any, num_steps: int) -> Callable[[], Any]:
    return lambda: global_step % num_steps == 0
