"""Imports of whole detectors that are refused; nothing is written then."""

import pytest

from odapi_ssd.config.templates import find_template
from odapi_ssd.weights.sources import torchvision, tutorial

pytestmark = pytest.mark.tf


def test_shape_mismatches_are_all_named(state_dict, refused):
    import torch

    path = state_dict(
        tutorial.SOURCE,
        **{"base.conv6.weight": torch.zeros(4096, 512, 7, 7), "rescale_factors": torch.ones(9)},
    )
    error = refused("tutorial", path)
    assert error.problem == (
        f"{path} does not fit the PyTorch tutorial's SSD300: 2 arrays have other shapes."
    )
    assert error.details == (
        "base.conv6.weight: 4096x512x7x7 in the file, 1024x512x3x3 expected",
        "rescale_factors: 9 in the file, 1x512x1x1 expected",
    )


def test_nan(state_dict, refused):
    import torch

    bias = torch.full((64,), float("nan"))
    error = refused("tutorial", state_dict(tutorial.SOURCE, **{"base.conv1_1.bias": bias}))
    assert error.details == ("base.conv1_1.bias holds values that are NaN or infinite",)


def test_missing_tensors(state_dict, refused):
    error = refused("tutorial", state_dict(tutorial.SOURCE, **{"base.conv7.bias": None}))
    assert "it lacks 1 of the 71 arrays that are needed" in error.problem


def test_a_file_of_another_program(state_dict, refused):
    error = refused("torchvision", state_dict(tutorial.SOURCE))
    assert "it has no array backbone.scale_weight" in error.problem
    assert error.hint == "it looks like the PyTorch tutorial's SSD300: --from tutorial."


def test_a_file_of_no_known_program(state_dict, refused):
    path = state_dict(tutorial.SOURCE, rescale_factors=None)
    assert "--from names the program" in refused("tutorial", path).hint


def test_a_config_with_other_classes(state_dict, refused):
    path = state_dict(torchvision.SOURCE, num_classes=3)
    error = refused("torchvision", path, pipeline_config_path=str(find_template("ssd_vgg_coco")))
    assert error.details == ("model.ssd.num_classes is 90, not 3",)


def test_another_format(refused, tmp_path):
    (tmp_path / "w.pth").write_bytes(b"<html>Sign in</html>")
    error = refused("torchvision", tmp_path / "w.pth")
    assert "w.pth is not a PyTorch file, but a web page (HTML)." in error.problem


@pytest.mark.parametrize("name", ["none.ckpt", "."])
def test_not_a_checkpoint(refused, tmp_path, name):
    assert "is not a TensorFlow checkpoint" in refused("slim", tmp_path / name).problem
