"""The registry of sources: known names, unknown ones, and files of another source."""

from pathlib import Path

import pytest

from odapi_ssd.errors import OdapiError, OptionError
from odapi_ssd.weights import sources
from odapi_ssd.weights.mapping import StoredArray
from odapi_ssd.weights.sources import (
    DETECTORS,
    SOURCE_NAMES,
    find_detector,
    require_detector_file,
)

TUTORIAL, TORCHVISION = find_detector("tutorial"), find_detector("torchvision")


def _stored(*names):
    return {name: StoredArray((), list) for name in names}


def test_names_in_the_order_of_the_help():
    assert SOURCE_NAMES == ("keras", "torchvision", "tutorial", "slim")


def test_each_file_is_a_source():
    files = Path(sources.__file__).parent.glob("*.py")
    assert {path.stem for path in files} == {"__init__", *SOURCE_NAMES}


@pytest.mark.parametrize("name", ["caffe", ""])
def test_unknown_names_are_refused_and_the_known_listed(name):
    with pytest.raises(OptionError) as caught:
        find_detector(name)
    assert caught.value.problem == (
        f"--from is {name!r}; one of keras, torchvision, tutorial, slim was expected."
    )


def test_only_one_source_has_the_name_of_a_norm():
    assert len({find_detector(name).norm for name in DETECTORS}) == len(DETECTORS)


def test_the_file_of_the_source():
    require_detector_file(TUTORIAL, _stored("other", TUTORIAL.norm), "f")


def test_the_file_of_another_source():
    with pytest.raises(OdapiError) as caught:
        require_detector_file(TORCHVISION, _stored(TUTORIAL.norm), "w.pth")
    assert caught.value.problem == (
        "w.pth is not torchvision's ssd300_vgg16: it has no array backbone.scale_weight."
    )
    assert caught.value.details == ("there are: rescale_factors",)
    assert caught.value.hint == "it looks like the PyTorch tutorial's SSD300: --from tutorial."


def test_a_file_without_arrays():
    with pytest.raises(OdapiError) as caught:
        require_detector_file(TORCHVISION, {}, "w.pth")
    assert caught.value.details == ("there are: none",)
