"""Errors of TensorFlow in a training run, in plain words: which record, which image, which file.

TensorFlow's own words name neither the record nor the image that its input pipeline could not use.
They are found by reading the records again, as the pipeline reads them.
"""

import contextlib
from collections.abc import Iterator

import tensorflow as tf

from odapi_ssd.check.tensorflow_images import describe_refusal
from odapi_ssd.config.input_paths import match_input_path, open_record_file
from odapi_ssd.data.records import keys
from odapi_ssd.data.records.contents import RecordContents
from odapi_ssd.data.records.framing import UnreadableRecordsError
from odapi_ssd.data.records.reader import Record, read_examples
from odapi_ssd.errors import OdapiError
from odapi_ssd.file_errors import describe_file_error
from odapi_ssd.messages import count_of
from odapi_ssd.progress import Progress
from odapi_ssd.training.setup import TrainingSetup

__all__ = ["explained_step_errors"]

_INPUT_ERRORS = (
    tf.errors.InvalidArgumentError,
    tf.errors.DataLossError,
    tf.errors.NotFoundError,
    tf.errors.OutOfRangeError,
    tf.errors.UnimplementedError,
    tf.errors.UnknownError,
)
_MAX_NAMED = 100
_GO_ON = "see to that; the same command then goes on from the newest checkpoint."


@contextlib.contextmanager
def explained_step_errors(setup: TrainingSetup, progress: Progress) -> Iterator[None]:
    """Turns TensorFlow's errors in the block into an error that names their cause.

    Args:
        setup: the run.
        progress: gets a phase when the records are read again, which may take a while.
    Raises:
        OdapiError: a record or an image cannot be used, a file cannot be written, or the memory
            does not suffice. Other errors pass.
    """
    try:
        yield
    except tf.errors.OpError as error:
        explained = _explain(error, setup, progress)
        if explained is None:
            raise
        raise explained from error


def _explain(
    error: tf.errors.OpError, setup: TrainingSetup, progress: Progress
) -> OdapiError | None:
    words = describe_file_error(error)
    if words is not None and not isinstance(error, tf.errors.NotFoundError):
        return OdapiError(f"A file of the run cannot be written or read: {words}.", hint=_GO_ON)
    if isinstance(error, tf.errors.ResourceExhaustedError):
        return OdapiError(
            "There is not enough memory for a training step with train_config.batch_size: "
            f"{setup.train_config.batch_size}.",
            hint="halve the batch size (`odapi-ssd configure --batch_size` scales the learning "
            "rate with it) or the size of the images.",
        )
    if isinstance(error, _INPUT_ERRORS):
        progress.phase("Training has failed; reading the records to see whether one is the cause")
        if unusable := _find_unusable(setup):
            return OdapiError(
                f"Training cannot use {count_of(len(unusable), 'record')}:",
                details=unusable,
                hint="mend these (`odapi-ssd convert --verify full` finds such images before "
                "training); the same command then goes on from the newest checkpoint.",
            )
    return None if words is None else OdapiError(f"Training has failed: {words}.", hint=_GO_ON)


def _find_unusable(setup: TrainingSetup) -> list[str]:
    """The records that the input pipeline cannot use, one line each; at most a hundred."""
    lines: list[str] = []
    for pattern in setup.input_reader.tf_record_input_reader.input_path:
        for path in match_input_path(pattern).paths:
            try:
                for record in read_examples(path, open_file=open_record_file):
                    lines += _describe_unusable(record)
                    if len(lines) >= _MAX_NAMED:
                        return lines
            except UnreadableRecordsError as error:
                lines.append(error.problem)
    return lines


def _describe_unusable(record: Record) -> list[str]:
    contents = RecordContents()
    if not contents.add(record):
        return contents.broken
    (encoded,) = record.byte_strings(keys.ENCODED)
    refusal = describe_refusal(encoded)
    name = ", ".join(record.texts(keys.FILENAME)) or "unnamed image"
    return [] if refusal is None else [f"{record.where}, {name}: {refusal}"]
