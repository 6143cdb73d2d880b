"""The training loop: the API's `train_loop` written anew, to be read from top to bottom.

It is built on the API's own input, training step, optimizer and checkpoint functions and writes the
same checkpoints and summaries, so that a run started by one loop can be resumed by the other. What
differs: the last step is always saved, as is the step at which a signal or an error, such as an
image that cannot be decoded, ends training; each step is one
call, so that there is progress from the first one and training ends exactly where it should; a loss
that is NaN or infinite ends it; a checkpoint of another model is refused; `freeze_variables`,
`update_trainable_variables` and `bias_grad_multiplier` have their effect.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf
from object_detection import model_lib_v2
from object_detection.core import standard_fields

from odapi_ssd.interrupts import delayed
from odapi_ssd.plugin.ssd_meta_arch import SSDMetaArch, describe_loss
from odapi_ssd.progress import SILENT, Progress
from odapi_ssd.training.checkpointer import RunCheckpointer
from odapi_ssd.training.freezing import FrozenVariables, freeze, wants_freezing
from odapi_ssd.training.monitor import TrainingMonitor
from odapi_ssd.training.optimizer import SelectiveOptimizer
from odapi_ssd.training.setup import TrainingSetup, set_up_training
from odapi_ssd.training.step_errors import explained_step_errors

__all__ = ["train_loop"]

# As in the API, whose own program sets neither.
_SUMMARIZE_EVERY_N = 100
_MAX_CHECKPOINTS_TO_KEEP = 7


def train_loop(
    config: Any,
    model_dir: str,
    *,
    checkpoint_every_n: int = 1000,
    record_summaries: bool = True,
    progress: Progress = SILENT,
) -> None:
    """Trains a model to its config's `num_steps`, in the current distribution strategy.

    Args:
        config: a `TrainEvalPipelineConfig`, checked, from `setup.config_to_run`.
        model_dir: where checkpoints and summaries go; a run that is there already is resumed.
        checkpoint_every_n: steps between checkpoints; the last step is saved in any case.
        record_summaries: whether to record images and the model's own summaries.
        progress: gets phases, steps and checkpoints.
    Raises:
        OdapiError: model_dir holds another model's checkpoint, patterns of variables to freeze
            match none, or the loss is NaN or infinite.
    """
    progress.phase("Building the model and its input")
    setup = set_up_training(config, record_summaries)
    if loss_note := describe_loss(setup.model):
        progress.phase(loss_note)
    writer_dir = model_lib_v2.get_filepath(setup.strategy, os.path.join(model_dir, "train"))
    with explained_step_errors(setup, progress):
        checkpointer = RunCheckpointer(setup, model_dir, _MAX_CHECKPOINTS_TO_KEEP, progress)
        writer = tf.summary.create_file_writer(writer_dir)
        is_summary_step = _is_multiple(setup.global_step, _SUMMARIZE_EVERY_N)
        with setup.strategy.scope(), writer.as_default(), tf.summary.record_if(is_summary_step):
            _resume_and_train(setup, checkpointer, checkpoint_every_n, record_summaries, progress)
        writer.close()
    for directory in (checkpointer.directory, writer_dir):
        model_lib_v2.clean_temporary_directories(setup.strategy, directory)


def _resume_and_train(
    setup: TrainingSetup,
    checkpointer: RunCheckpointer,
    checkpoint_every_n: int,
    record_summaries: bool,
    progress: Progress,
) -> None:
    checkpointer.restore()
    monitor = TrainingMonitor(setup, progress)
    if monitor.step >= monitor.num_steps:
        checkpointer.build_model()
        progress.phase(f"Step {monitor.step} is reached already: nothing to train")
        return
    frozen = _freeze(setup, checkpointer, progress)
    train_step = _make_train_step(setup, frozen, record_summaries)
    _run_steps(train_step, checkpointer, monitor, checkpoint_every_n)


def _run_steps(
    train_step: Callable[[Any], dict[str, Any]],
    checkpointer: RunCheckpointer,
    monitor: TrainingMonitor,
    checkpoint_every_n: int,
) -> None:
    """Trains step by step to the last one, which is saved in any case."""
    batches = iter(monitor.setup.dataset)
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
            if monitor.step % _SUMMARIZE_EVERY_N == 0 or monitor.step == monitor.num_steps:
                monitor.write_summaries()
            if monitor.step - checkpointer.saved_step >= checkpoint_every_n:
                monitor.require_finite_loss()
                if monitor.is_loss_sane():  # else it may pass; if not, a report ends training
                    checkpointer.save(monitor.step)
        monitor.require_sane_loss()
        checkpointer.save(monitor.step)
    except BaseException as error:
        with delayed():
            _save_before_the_end(checkpointer, monitor, error)
        raise


def _save_before_the_end(
    checkpointer: RunCheckpointer, monitor: TrainingMonitor, error: BaseException
) -> None:
    """Saves what was trained up to an interruption or an error, unless that is what is wrong."""
    step = monitor.setup.step
    if step == checkpointer.saved_step or checkpointer.has_failed:
        return
    is_interrupted = isinstance(error, KeyboardInterrupt)
    if not (monitor.is_loss_finite() if is_interrupted else monitor.is_loss_sane()):
        monitor.progress.phase(f"Ending; step {step} is not saved, as its loss has diverged")
        return
    monitor.progress.phase(f"Ending; saving step {step} first")
    checkpointer.save(step)


def _freeze(
    setup: TrainingSetup, checkpointer: RunCheckpointer, progress: Progress
) -> FrozenVariables:
    """Freezes the variables that the config names; to be called before the step is traced."""
    if not wants_freezing(setup.train_config):
        return FrozenVariables()
    checkpointer.build_model()
    frozen = freeze(setup.model, setup.train_config)
    progress.phase(frozen.summary)
    return frozen


def _make_train_step(
    setup: TrainingSetup, frozen: FrozenVariables, record_summaries: bool
) -> Callable[[Any], dict[str, Any]]:
    """A traced function that takes the iterator over batches and returns the step's losses."""
    train_config = setup.train_config
    optimizer = SelectiveOptimizer(
        setup.optimizer,
        frozen.references,
        train_config.bias_grad_multiplier,
        train_config.gradient_clipping_by_norm,
    )

    def replica_step(features: Mapping[str, Any], labels: Mapping[str, Any]) -> dict[str, Any]:
        if record_summaries:
            images = features[standard_fields.InputDataFields.image]
            tf.summary.image("train_input_images", images, step=setup.global_step, max_outputs=3)
        losses: dict[str, Any] = model_lib_v2.eager_train_step(
            setup.model,
            features,
            labels,
            train_config.unpad_groundtruth_tensors,
            optimizer,
            training_step=setup.global_step,
            add_regularization_loss=train_config.add_regularization_loss,
            num_replicas=setup.strategy.num_replicas_in_sync,
        )
        setup.global_step.assign_add(1)
        return losses

    # An SSD with our loss needs no AutoGraph, which takes long.
    @tf.function(autograph=not isinstance(setup.model, SSDMetaArch))
    def train_step(batches: Any) -> dict[str, Any]:
        losses = setup.strategy.run(replica_step, args=next(batches))
        return model_lib_v2.reduce_dict(setup.strategy, losses, tf.distribute.ReduceOp.SUM)

    return train_step


def _is_multiple(global_step: Any, num_steps: int) -> Callable[[], Any]:
    return lambda: global_step % num_steps == 0
