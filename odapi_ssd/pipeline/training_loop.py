"""The training loop: the API's `train_loop` written anew, to be read from top to bottom.

It is built on the API's own input, training step, optimizer and checkpoint functions, has its
signature and writes the same checkpoints and summaries, so that a run started by one goes on in
the other. What differs: the last step is always saved, as is the one at which the user stops; each
step is one call, so that there is progress from the first one and training ends exactly where it
was asked to; a loss that is no number ends it; a checkpoint of another model is refused.
"""

import math
import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf
from object_detection import inputs, model_lib_v2
from object_detection.builders import optimizer_builder
from object_detection.core import standard_fields
from object_detection.utils import config_util, variables_helper

from odapi_ssd.errors import OdapiError
from odapi_ssd.pipeline.checkpoints import (
    explain_mismatch,
    holds_model,
    latest_checkpoint,
    require_fit,
)
from odapi_ssd.pipeline.progress import SilentProgress, StepReport, TrainingProgress

__all__ = ["train_loop"]

_SECONDS_BETWEEN_REPORTS = 1.0


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
    progress: TrainingProgress | None = None,
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
        progress: is told what happens.
        **kwargs: config overrides, as the API has them.
    Raises:
        OdapiError: model_dir holds another model's checkpoint, or the loss is no number.
    """
    progress = progress or SilentProgress()
    configs = _read_configs(pipeline_config_path, config_override, train_steps, use_tpu, kwargs)
    num_steps = train_steps or configs["train_config"].num_steps
    if save_final_config:
        final_config = config_util.create_pipeline_proto_from_configs(configs)
        config_util.save_pipeline_config(final_config, model_dir)

    progress.phase("Building the model and its input")
    job = _build_job(configs, record_summaries)
    writer_dir = model_lib_v2.get_filepath(job.strategy, os.path.join(model_dir, "train"))
    writer = tf.summary.create_file_writer(writer_dir)
    is_summary_step = _is_multiple(job.global_step, num_steps_per_iteration)
    with job.strategy.scope(), writer.as_default(), tf.summary.record_if(is_summary_step):
        saver = _Saver(job, model_dir, checkpoint_max_to_keep, progress)
        saver.restore()
        watch = _Watch(job, num_steps, progress)
        if watch.step < num_steps:
            train_step = _make_train_step(job, record_summaries)
            _run(train_step, saver, watch, checkpoint_every_n, num_steps_per_iteration)
        else:
            saver.require_fit_without_step()
            progress.phase(f"Step {watch.step} is reached already: nothing to train")
    writer.close()
    for directory in (saver.directory, writer_dir):
        model_lib_v2.clean_temporary_directories(job.strategy, directory)
    if performance_summary_exporter is not None:
        uses_bfloat16 = kwargs["use_bfloat16"]
        performance_summary_exporter(watch.performance(), "bf16" if uses_bfloat16 else "fp32")


def _run(
    train_step: Callable[[Any], dict[str, Any]],
    saver: "_Saver",
    watch: "_Watch",
    checkpoint_every_n: int,
    summarize_every_n: int,
) -> None:
    """Trains step by step to the last one, which is saved in any case."""
    batches = iter(watch.job.dataset)
    if watch.step == 0:
        saver.save(0)
    watch.progress.phase("Tracing the training step (the first step takes longest)")
    try:
        while watch.step < watch.num_steps:
            if watch.is_first_step:
                losses = saver.run_and_require_fit(train_step, batches)
            else:
                losses = train_step(batches)
            watch.step_done(losses)
            if watch.step % summarize_every_n == 0 or watch.step == watch.num_steps:
                watch.write_summaries()
            if watch.step - saver.saved_step >= checkpoint_every_n:
                watch.require_finite_loss()
                saver.save(watch.step)
        watch.require_finite_loss()
    except KeyboardInterrupt:
        if watch.is_loss_finite():
            saver.save(watch.job.step)
        raise
    saver.save(watch.step)


@dataclass(frozen=True)
class _Job:
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


def _read_configs(
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


def _build_job(configs: dict[str, Any], record_summaries: bool) -> _Job:
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

        dataset = strategy.distribute_datasets_from_function(make_dataset)
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
    return _Job(strategy, train_config, model, optimizer, learning_rate, global_step, dataset)


def _make_train_step(job: _Job, record_summaries: bool) -> Callable[[Any], dict[str, Any]]:
    """A traced function that takes the iterator over batches and returns the step's losses."""
    clip_norm = job.train_config.gradient_clipping_by_norm

    def replica_step(features: Mapping[str, Any], labels: Mapping[str, Any]) -> dict[str, Any]:
        if record_summaries:
            images = features[standard_fields.InputDataFields.image]
            tf.summary.image("train_input_images", images, step=job.global_step, max_outputs=3)
        losses: dict[str, Any] = model_lib_v2.eager_train_step(
            job.model,
            features,
            labels,
            job.train_config.unpad_groundtruth_tensors,
            job.optimizer,
            training_step=job.global_step,
            add_regularization_loss=job.train_config.add_regularization_loss,
            clip_gradients_value=clip_norm if clip_norm > 0 else None,
            num_replicas=job.strategy.num_replicas_in_sync,
        )
        job.global_step.assign_add(1)
        return losses

    @tf.function
    def train_step(batches: Any) -> dict[str, Any]:
        losses = job.strategy.run(replica_step, args=next(batches))
        return model_lib_v2.reduce_dict(job.strategy, losses, tf.distribute.ReduceOp.SUM)

    return train_step


def _is_multiple(global_step: Any, num_steps: int) -> Callable[[], Any]:
    return lambda: global_step % num_steps == 0


class _Saver:
    """Restores a run, or the checkpoint that it is fine-tuned from, and saves its steps."""

    def __init__(self, job: _Job, model_dir: str, max_to_keep: int, progress: TrainingProgress):
        self._job = job
        self._model_dir = model_dir
        self._progress = progress
        self._checkpoint = tf.train.Checkpoint(
            step=job.global_step, model=job.model, optimizer=job.optimizer
        )
        # Under MultiWorkerMirroredStrategy workers other than the chief save where nobody looks.
        self.directory = model_lib_v2.get_filepath(job.strategy, model_dir)
        is_chief = job.strategy.extended.should_checkpoint
        self._manager = tf.train.CheckpointManager(
            self._checkpoint, self.directory, max_to_keep=max_to_keep if is_chief else 1
        )
        self.restored: str | None = None
        self.saved_step = -1

    def restore(self) -> None:
        """Takes up the run in the model directory; a new run starts from fine_tune_checkpoint.

        A Keras model has its variables only after its first call: they get the checkpoint's
        values when the first step is traced, which is where a mismatch shows.
        """
        self.restored = latest_checkpoint(self._model_dir)
        # A run that was stopped before its first step has left a checkpoint without weights.
        has_weights = self.restored is not None and holds_model(self.restored)
        if self._job.train_config.fine_tune_checkpoint and not has_weights:
            self._load_fine_tune_checkpoint()
        if self.restored is not None:
            self._progress.phase(f"Resuming from {self.restored}")
            self._checkpoint.restore(self.restored)
            self.saved_step = self._job.step

    def run_and_require_fit(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Makes the call that gives the model its variables, and looks at what they hold."""
        try:
            with explain_mismatch(self.restored):
                result = call(*arguments)
        except Exception:
            # Of which variables of another shape are the likeliest cause.
            self._require_fit()
            raise
        self._require_fit()
        return result

    def _require_fit(self) -> None:
        if self.restored is not None:
            require_fit(self._job.model, self.restored)

    def require_fit_without_step(self) -> None:
        """Makes sure that the restored run is one of this model, where no step is left to show."""
        self.run_and_require_fit(
            model_lib_v2._ensure_model_is_built,
            self._job.model,
            self._job.dataset,
            self._job.train_config.unpad_groundtruth_tensors,
        )

    def _load_fine_tune_checkpoint(self) -> None:
        config = self._job.train_config
        path, kind = config.fine_tune_checkpoint, config.fine_tune_checkpoint_type
        self._progress.phase(f"Loading {path}")
        with explain_mismatch(path):
            variables_helper.ensure_checkpoint_supported(path, kind, self._model_dir)
            model_lib_v2.load_fine_tune_checkpoint(
                self._job.model,
                path,
                kind,
                config.fine_tune_checkpoint_version,
                config.run_fine_tune_checkpoint_dummy_computation,
                self._job.dataset,
                config.unpad_groundtruth_tensors,
            )

    def save(self, step: int) -> None:
        """Saves the step unless it is saved already."""
        if step == self.saved_step:
            return
        path = self._manager.save()
        self.saved_step = step
        self._progress.saved(path, step)


@dataclass
class _Watch:
    """Counts the steps, times them, and tells of them."""

    job: _Job
    num_steps: int
    progress: TrainingProgress
    step: int = field(init=False)
    is_first_step: bool = field(default=True, init=False)
    _losses: dict[str, Any] = field(default_factory=dict, init=False)
    _steps_per_second: list[float] = field(default_factory=list, init=False)
    _last_time: float = field(default_factory=time.monotonic, init=False)
    _reported: tuple[int, float] = field(default=(0, 0.0), init=False)

    def __post_init__(self) -> None:
        self.step = self.job.step

    def step_done(self, losses: dict[str, Any]) -> None:
        """Takes note of a step, and reports it if the last report is a while ago."""
        now = time.monotonic()
        self.step += 1
        self._losses = losses
        self._steps_per_second.append(1.0 / max(now - self._last_time, 1e-9))
        self._last_time = now
        is_due = now - self._reported[1] >= _SECONDS_BETWEEN_REPORTS
        if self.is_first_step or is_due or self.step == self.num_steps:
            self.require_finite_loss()
            self.progress.step(self._report(now))
            self._reported = (self.step, now)
        self.is_first_step = False

    def _report(self, now: float) -> StepReport:
        speed = 0.0
        if not self.is_first_step:
            reported_step, reported_time = self._reported
            speed = (self.step - reported_step) / max(now - reported_time, 1e-9)
        return StepReport(
            step=self.step,
            num_steps=self.num_steps,
            losses={name: float(loss) for name, loss in self._losses.items()},
            learning_rate=float(self.job.learning_rate()),
            images_per_second=speed * self.job.train_config.batch_size,
            seconds_left=(self.num_steps - self.step) / speed if speed else None,
        )

    def write_summaries(self) -> None:
        """Writes the step's scalars under the API's names."""
        scalars = {**self._losses, "learning_rate": self.job.learning_rate()}
        with tf.summary.record_if(True):
            tf.summary.scalar("steps_per_sec", self._steps_per_second[-1], step=self.step)
            for name, value in scalars.items():
                tf.summary.scalar(name, value, step=self.step)

    def is_loss_finite(self) -> bool:
        """Whether the last step's total loss is a number; true before the first step."""
        return not self._losses or math.isfinite(self._losses["Loss/total_loss"])

    def require_finite_loss(self) -> None:
        """Ends training if it has diverged: what follows would be wasted, and overwrite."""
        if self.is_loss_finite():
            return
        names = [name for name, loss in self._losses.items() if not math.isfinite(loss)]
        raise OdapiError(
            f"Training diverged: at step {self.step} the loss is no longer a finite number "
            f"({', '.join(names)}). The checkpoints saved before are untouched.",
            hint="lower the learning rate, lengthen its warm-up or set "
            "train_config.gradient_clipping_by_norm, and look at the training images.",
        )

    def performance(self) -> dict[str, float]:
        """Speed over all steps of this process, under the names of the API's exporter."""
        speeds = self._steps_per_second or [0.0]
        return {
            "steps_per_sec": statistics.fmean(speeds),
            "steps_per_sec_p50": statistics.median(speeds),
            "steps_per_sec_max": max(speeds),
            "last_batch_loss": float(self._losses.get("Loss/total_loss", math.nan)),
        }
