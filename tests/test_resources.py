import pytest

from odapi_ssd import resources
from odapi_ssd.errors import OdapiError


@pytest.fixture
def package_dir(tmp_path, monkeypatch):
    """An installation that has no templates yet."""
    package_dir = tmp_path / "odapi_ssd"
    package_dir.mkdir()
    monkeypatch.setattr(resources, "_PACKAGE_DIR", package_dir)
    return package_dir


def test_the_templates_are_found():
    assert (resources.template_dir() / "ssd_vgg_voc.config").is_file()


def test_in_a_checkout_they_are_beside_the_package(package_dir):
    (package_dir.parent / "pipelines").mkdir()
    assert resources.template_dir() == package_dir.parent / "pipelines"


def test_an_installed_package_holds_its_own(package_dir):
    (package_dir / "pipelines").mkdir()
    (package_dir.parent / "pipelines").mkdir()  # of some other package
    assert resources.template_dir() == package_dir / "pipelines"


def test_an_incomplete_installation_is_said(package_dir):
    with pytest.raises(OdapiError, match=r"pipelines/ is neither in .*odapi_ssd nor beside it"):
        resources.template_dir()
