"""Runs the pipeline: every shard is converted by some worker of a runner."""

import contextlib
import importlib.util
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from odapi_ssd.data.beam.process_group import run_in_process_group
from odapi_ssd.data.beam.shards import convert_shard
from odapi_ssd.errors import OdapiError, OptionError

__all__ = ["RunnerOptions", "run_pipeline"]

_ON_THIS_MACHINE = "DirectRunner"
_PACKAGE = "apache_beam"
_INSTALL = "pip install 'odapi-ssd[beam]'"
# The end of a worker's traceback, which a runner passes on as text.
_CAUSE = re.compile(r"^(?:[\w.]+\.)?(\w+(?:Error|Exception)): (.+?)(?: \[while running .*)?$", re.M)


@dataclass(frozen=True)
class RunnerOptions:
    """Where a pipeline runs.

    Attributes:
        runner: Beam's name: DirectRunner, FlinkRunner, SparkRunner, DataflowRunner, ….
        num_workers: processes of the DirectRunner; of the others it is an option of their own.
        pipeline_options: Beam's and the runner's own flags: `--flink_master=host:8081`.
    """

    runner: str
    num_workers: int = 1
    pipeline_options: tuple[str, ...] = ()


def run_pipeline(task_paths: Sequence[str], options: RunnerOptions) -> None:
    """Converts the shards and waits for the last one.

    Args:
        task_paths: a file of `shards.write_task` for each of them, as workers see it.
        options: see there.

    Raises:
        OdapiError: Beam is not installed, or the pipeline failed.
        OptionError: there is no such runner, or it does not take an option.
    """
    _require_beam(options)
    if options.runner == _ON_THIS_MACHINE:
        run_in_process_group(_build_and_run, task_paths, options)
    else:
        _build_and_run(task_paths, options)


def _build_and_run(task_paths: Sequence[str], options: RunnerOptions) -> None:
    import apache_beam as beam

    pipeline_options = _pipeline_options(options)
    pipeline = beam.Pipeline(runner=_runner(options, pipeline_options), options=pipeline_options)
    # Shuffled, so that no two of them are fused into one piece of work.
    tasks = pipeline | beam.Create(list(task_paths)) | beam.Reshuffle()
    tasks | "ConvertShard" >> beam.Map(convert_shard)
    _run(pipeline, options)


def _run(pipeline: Any, options: RunnerOptions) -> None:
    try:
        result = pipeline.run()
        try:
            state = result.wait_until_finish()
        except BaseException:
            with contextlib.suppress(Exception):
                result.cancel()
            raise
    except Exception as error:  # Runners raise many kinds; what they say is passed on.
        raise _failure(options, str(error)) from error
    if state not in (None, "DONE"):
        raise _failure(options, f"it ended as {state}")


def _require_beam(options: RunnerOptions) -> None:
    if importlib.util.find_spec(_PACKAGE) is None:
        raise OdapiError(
            f"--runner {options.runner} needs Apache Beam, which is not installed.", hint=_INSTALL
        )


def _runner(options: RunnerOptions, pipeline_options: Any) -> Any:
    if options.runner == _ON_THIS_MACHINE:
        return _runner_of_this_machine(pipeline_options)
    from apache_beam.runners.runner import create_runner

    try:
        return create_runner(options.runner)
    except (ValueError, ImportError) as error:
        raise OptionError("runner", f"is {options.runner!r}: {error}") from error


def _runner_of_this_machine(pipeline_options: Any) -> Any:
    """Beam's runner in local processes.

    What Beam gives by the name DirectRunner would fetch and start another one first, if it can.
    """
    from apache_beam.portability.api import beam_provision_api_pb2
    from apache_beam.runners.portability.fn_api_runner import FnApiRunner
    from apache_beam.runners.portability.fn_api_runner.fn_runner import ExtendedProvisionInfo
    from apache_beam.runners.portability.portable_runner import JobServiceHandle

    encoded = JobServiceHandle.encode_pipeline_options(pipeline_options.get_all_options())
    info = beam_provision_api_pb2.ProvisionInfo(pipeline_options=encoded)
    return FnApiRunner(provision_info=ExtendedProvisionInfo(info))


def _pipeline_options(options: RunnerOptions) -> Any:
    from apache_beam.options.pipeline_options import PipelineOptions

    flags = ["--default_sdk_harness_log_level=ERROR"]
    if options.runner == _ON_THIS_MACHINE and options.num_workers > 1:
        flags += [
            f"--direct_num_workers={options.num_workers}",
            "--direct_running_mode=multi_processing",
        ]
    return PipelineOptions([*flags, *options.pipeline_options])


def _failure(options: RunnerOptions, text: str) -> OdapiError:
    causes = _CAUSE.findall(text)
    lines = text.strip().splitlines()
    cause = f"{causes[-1][0]}: {causes[-1][1]}" if causes else (lines[-1] if lines else "no reason")
    return OdapiError(
        f"The pipeline failed on {options.runner}; nothing was written: {cause}",
        hint="see to the cause, or convert on this machine, without --runner.",
    )
