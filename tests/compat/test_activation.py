"""The patches as a whole: explicit, idempotent, and needed."""

import pytest

from tests.support.fresh_python import run_python

pytestmark = pytest.mark.tf


def test_without_it_the_api_does_not_import():
    completed = run_python("from object_detection import model_lib_v2", TF_USE_LEGACY_KERAS="1")
    assert completed.returncode != 0


def test_nothing_happens_at_import():
    completed = run_python(
        "import os, sys, odapi_ssd\n"
        "from odapi_ssd import compat, plugin\n"
        "print(compat.reports(), 'tensorflow' in sys.modules,"
        " 'TF_USE_LEGACY_KERAS' in os.environ)"
    )
    assert completed.stdout == "[] False False\n", completed.stderr


def test_it_is_idempotent_and_reports_each_patch_once():
    completed = run_python(
        "import sys, odapi_ssd; odapi_ssd.register()\n"
        "from odapi_ssd import compat\n"
        "first, hooks = compat.reports(), list(sys.meta_path)\n"
        "odapi_ssd.register()\n"
        "assert compat.reports() == first and sys.meta_path == hooks\n"
        "assert len({report.name for report in first}) == len(first) == 17\n"
        "assert all(r.symptom and r.affects and r.until for r in first)\n"
        "from object_detection import model_lib_v2, exporter_lib_v2\n"
        "print('fine')"
    )
    assert completed.stdout == "fine\n", completed.stderr


def test_protos_need_no_tensorflow():
    completed = run_python(
        "import sys; from odapi_ssd import compat; compat.activate_protos()\n"
        "from object_detection.protos import pipeline_pb2\n"
        "print(len(pipeline_pb2.TrainEvalPipelineConfig.DESCRIPTOR.fields),"
        " 'tensorflow' in sys.modules)"
    )
    assert completed.stdout == "6 False\n", completed.stderr
