from pathlib import Path

import pytest

from odapi_ssd.deployment import detect
from odapi_ssd.errors import OdapiError


@pytest.fixture
def detections(monkeypatch):
    """Stands for the model: how many detections there are; with what it was called."""
    calls = []

    def detect_images(*positional, min_score, overwrite, progress):
        calls.append((*positional, min_score, overwrite))
        progress.advance(1, 1)
        return detect.DetectionResult(Path("out/detections.json"), detect_images.num_detections)

    detect_images.num_detections = 3
    detect_images.calls = calls
    monkeypatch.setattr(detect, "detect_images", detect_images)
    return detect_images


@pytest.fixture
def call(invoke, tmp_path):
    (tmp_path / "folder" / "deeper").mkdir(parents=True)
    image = tmp_path / "folder" / "deeper" / "a.jpg"
    image.touch()

    def run(*arguments, images=(tmp_path / "folder",)):
        required = ("--saved_model_dir", "m", "--label_map_path", "l", "--output_dir", "out")
        return invoke("detect", *required, *arguments, *images)

    run.image = image
    return run


def test_what_was_found_and_written(call, detections):
    result = call("--min_score", "0.25", "--overwrite")
    assert result.exit_code == 0
    assert result.stdout == (
        "Images: 1/1\n"
        "3 objects with a score of 0.25 or more.\n"
        "Written: out/detections.json, and the drawn images beside it\n"
    )
    assert detections.calls == [(Path("m"), Path("l"), Path("out"), [call.image], 0.25, True)]


def test_no_detection_says_what_to_try(call, detections):
    detections.num_detections = 0
    lines = call().stdout.splitlines()
    assert lines[1] == "0 objects with a score of 0.5 or more."
    assert lines[2] == "Nothing scored that high: try a lower --min_score, or train longer."


def test_an_image_that_is_not_there(call, tmp_path):
    with pytest.raises(OdapiError, match="do not exist"):
        call(images=[tmp_path / "none.jpg"])


@pytest.mark.parametrize(
    ("arguments", "images", "message"),
    [
        ((), (), "Missing argument 'IMAGE…'"),
        (("--min_score", "2"), ("a.jpg",), "2.0 is not in the range 0<=x<=1"),
    ],
)
def test_a_wrong_call_is_2(call, arguments, images, message):
    result = call(*arguments, images=images)
    assert result.exit_code == 2
    assert message in result.stderr
