"""Cases of the API's tests that need a file that its package does not ship: run with such a file.

They are in `tools/api_suite/expectations.json`, because the suite runs the API's files unchanged.
Here the test modules get files of this project, which shows that the tested code works.
"""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tools.api_suite.expectations import read_expectations
from tools.api_suite.suite import read_report

pytestmark = [pytest.mark.tf, pytest.mark.slow]

_PROJECT_DIR = Path(__file__).resolve().parents[3]
_PETS = _PROJECT_DIR / "label_maps" / "pet_label_map.pbtxt"

_RUN = """
import importlib, sys, odapi_ssd
odapi_ssd.register()
from absl.testing import absltest
name, preparation = sys.argv[1:3]
del sys.argv[1:3]
test = importlib.import_module(f"object_detection.{name.replace('/', '.')}")
exec(preparation)
absltest.main(module=test)
"""


def _run_expected_failures(
    name: str, directory: Path, preparation: str = "", **environment: str
) -> dict[str, bool]:
    """Runs a file's cases that are expected to fail; `preparation` sees it as `test`.

    Returns:
        Each case that ran -> whether it passed.
    """
    cases = _expected(name)
    report = directory / "report.xml"
    command = [sys.executable, "-c", _RUN, name, preparation, f"--xml_output_file={report}", *cases]
    completed = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=directory,
        env={**os.environ, "TEST_TMPDIR": str(directory), **environment},
        timeout=500,
    )
    results = read_report(report)
    assert results is not None, completed.stderr[-2000:]
    assert {case.name for case in results} == set(cases)
    return {case.name: case.outcome == "passed" for case in results}


def _expected(name: str) -> Iterable[str]:
    return [case for item in read_expectations() if item.file == name for case in item.cases]


@pytest.mark.parametrize("name", ["builders/dataset_builder_test", "builders/decoder_builder_test"])
def test_readers_of_the_pet_label_map(name, tmp_path):
    results = _run_expected_failures(
        name, tmp_path, f"test._get_labelmap_path = lambda: {str(_PETS)!r}"
    )
    assert all(results.values()), results


def test_training_and_evaluation_of_a_pipeline_config(tiny_config_path, records_dir, tmp_path):
    record = next(records_dir.glob("val.record-*"))
    # It trains on two replicas.
    preparation = (
        "import tensorflow as tf\n"
        "(cpu,) = tf.config.list_physical_devices('CPU')\n"
        "two = [tf.config.LogicalDeviceConfiguration()] * 2\n"
        "tf.config.set_logical_device_configuration(cpu, two)\n"
        f"test._get_data_path = lambda: {str(record)!r}\n"
        f"test.get_pipeline_config_path = lambda name: {str(tiny_config_path)!r}\n"
        f"test._get_labelmap_path = lambda: {str(records_dir / 'label_map.pbtxt')!r}"
    )
    results = _run_expected_failures("model_lib_tf2_test", tmp_path, preparation)
    assert all(results.values()), results


def test_boxes_on_the_sample_image(tmp_path):
    from PIL import Image

    folder = tmp_path / "object_detection" / "test_images"
    folder.mkdir(parents=True)
    Image.new("RGB", (320, 200), (90, 120, 60)).save(folder / "image1.jpg")
    results = _run_expected_failures("utils/visualization_utils_test", tmp_path)
    assert all(results.values()), results


@pytest.mark.parametrize("suffix", ["", "_fpn"])
def test_networks_that_begin_with_keras_weights(suffix, tmp_path):
    # Keras's folder of downloads, with random weights in it.
    folder = tmp_path / ".keras" / "models"
    folder.mkdir(parents=True)
    weights = folder / "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
    preparation = (
        "import tensorflow as tf\n"
        "network = tf.keras.applications.MobileNetV2(weights=None, include_top=False)\n"
        f"network.save_weights({str(weights)!r})"
    )
    results = _run_expected_failures(
        f"models/center_net_mobilenet_v2{suffix}_feature_extractor_tf2_test",
        tmp_path,
        preparation,
        HOME=str(tmp_path),
    )
    assert all(results.values()), results
