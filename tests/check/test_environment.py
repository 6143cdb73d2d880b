"""The environment's diagnosis: releases that are expected, absent or others."""

from importlib import metadata

import pytest

from odapi_ssd.check.environment import (
    PackageVersion,
    list_packages,
    require_expected,
    run_model,
)
from odapi_ssd.errors import OdapiError
from tests.support.recorded_progress import RecordedProgress


@pytest.mark.parametrize(
    ("version", "expected", "is_as_expected"),
    [
        ("2.20.0", "2.20", True),
        ("2.20", "2.20", True),
        ("2.2.0", "2.20", False),
        ("2.200.0", "2.20", False),
        ("9.9", None, True),
        (None, None, False),
        (None, "2.20", False),
    ],
)
def test_releases(version, expected, is_as_expected):
    assert PackageVersion("p", version, expected).is_as_expected == is_as_expected


def test_python_comes_first_and_this_environment_is_as_expected():
    packages = list_packages()
    assert packages[0].name == "Python"
    assert all(package.version for package in packages)
    require_expected(packages)


def test_missing_packages_are_all_named(monkeypatch):
    stock = metadata.version

    def version(name):
        if name in ("lxml", "numpy"):
            raise metadata.PackageNotFoundError(name)
        return stock(name)

    monkeypatch.setattr(metadata, "version", version)
    with pytest.raises(OdapiError, match="Packages are missing") as caught:
        list_packages()
    assert caught.value.details == ("numpy", "lxml")


def test_other_releases_are_all_named():
    packages = [PackageVersion("a", "1.0", "2"), PackageVersion("b", "2.1", "2")]
    with pytest.raises(OdapiError, match="not of the release") as caught:
        require_expected(packages)
    assert caught.value.details == ("a 1.0, expected 2",)


@pytest.mark.parametrize("version", [(3, 9, 18), (3, 13, 0)])
def test_an_unsupported_python(monkeypatch, version):
    monkeypatch.setattr("sys.version_info", version)
    with pytest.raises(OdapiError, match=f"Python {version[0]}.{version[1]}.{version[2]} is not"):
        list_packages()


@pytest.mark.tf
@pytest.mark.usefixtures("api")
def test_a_model_runs():
    progress = RecordedProgress()
    assert run_model(progress) > 0
    (phase,) = progress.phases
    assert "ssd_mobilenet_v2_quickstart" in phase
