"""Faults in commands that write little: their output is complete, or as it was."""

import pytest

from odapi_ssd.weights.sources.keras import NETWORKS
from tests.support.atomic_job import AtomicJob, write_earlier
from tests.support.fault_plan import trials

pytestmark = pytest.mark.slow
_FOLDERS = ("Annotations", "ImageSets", "JPEGImages")
_COMMANDS = ("shapes", "anchors", "evaluate", "import-weights")
# TensorFlow writes the time into these, or names them by it.
_TIMED = r"checkpoint/checkpoint|events\.out\..*|\.odapi-ssd\.json"


@pytest.fixture(scope="module")
def make_job(tmp_path_factory):
    """An AtomicJob of a command whose earlier output has the given files."""

    def make(command, options, *earlier):
        return AtomicJob(
            command,
            lambda out: [*options, "--output_dir", out],
            lambda out: write_earlier(out, command, dict.fromkeys(earlier, "earlier\n")),
            tmp_path_factory.mktemp(command),
            varying=_TIMED,
        )

    return make


@pytest.fixture(scope="module")
def shapes(make_job):
    return make_job("shapes", ["--num_images", 200], *(f"{name}/old.txt" for name in _FOLDERS))


@pytest.fixture(scope="module")
def anchors(make_job, small_config_path):
    return make_job("anchors", ["--pipeline_config_path", small_config_path], "anchors.json")


@pytest.fixture(scope="module")
def evaluate(make_job, small_config_path, small_model_dir):
    paths = ["--pipeline_config_path", small_config_path, "--checkpoint_dir", small_model_dir]
    return make_job("evaluate", paths, "metrics.json")


@pytest.fixture(scope="module")
def import_weights(make_job, tmp_path_factory):
    import tensorflow as tf

    assert "mobilenet_v2" in NETWORKS
    path = tmp_path_factory.mktemp("weights") / "weights.h5"
    tf.keras.applications.MobileNetV2(alpha=0.35, weights=None).save_weights(path)
    options = ["--from", "keras", "--backbone", "mobilenet_v2", "--weights", path]
    return make_job("import-weights", options, "checkpoint/ckpt-0.index")


@pytest.mark.parametrize(
    ("command", "trial"),
    [
        pytest.param(command, trial, id=f"{command} {trial}", marks=marks)
        for command, marks in zip(_COMMANDS, [(), *[pytest.mark.tf] * 3], strict=True)
        for trial in trials(command)
    ],
)
def test_the_output_is_complete_or_as_it_was(command, trial, inject, request):
    job = request.getfixturevalue(command.replace("-", "_"))
    assert inject(job, trial).complaints() == []
