"""Without the extra `beam`, its tests are skipped; .ci/run has it."""

import importlib.util

import pytest


def pytest_collection_modifyitems(items):
    if importlib.util.find_spec("apache_beam") is None:
        skip = pytest.mark.skip(reason="Apache Beam is not installed (extra beam)")
        for item in items:
            if "tests/data/beam" in item.path.as_posix():
                item.add_marker(skip)
