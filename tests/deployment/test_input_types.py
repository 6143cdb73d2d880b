"""The names of an exported model's inputs."""

import pytest

from odapi_ssd.deployment.input_types import INPUT_TYPES


@pytest.mark.tf
@pytest.mark.usefixtures("api")
def test_they_are_those_of_the_api():
    from object_detection import exporter_lib_v2

    assert set(INPUT_TYPES) == set(exporter_lib_v2.DETECTION_MODULE_MAP)
