"""Label maps: what cannot be read, and what does not fit the model."""

import pytest

from tests.support.config_checks import problems, warnings

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [
        (["train_input_reader.label_map_path="], "label_map_path: is empty"),
        (["train_input_reader.label_map_path=PATH_TO_BE_CONFIGURED/l.pbtxt"], "is still"),
        (["train_input_reader.label_map_path=no.pbtxt"], "no.pbtxt does not exist"),
        ([f"train_input_reader.label_map_path={'1' * 400}"], "1 does not exist"),
        (["model.ssd.num_classes=1"],
         "ids up to 2, but num_classes is 1: the model has no output for dog"),
    ],
)  # fmt: skip
def test_problems(config, assignments, expected):
    found = problems(config, *assignments)
    assert any(expected in problem for problem in found), found


def test_fewer_classes_than_the_model_has(config):
    found = warnings(config, "model.ssd.num_classes=5")
    assert any("3 outputs of the model stay unused" in warning for warning in found), found


def test_display_names_count_as_names(config, data):
    (data / "labels.pbtxt").write_text(
        "item { id: 1 name: '/m/1' display_name: 'cat' }"
        "item { id: 2 name: '/m/2' display_name: 'dog' }"
    )
    assert problems(config) == []


def test_one_that_does_not_parse(config, data):
    (data / "labels.pbtxt").write_text("item { id: 1 nam: 'cat' }")
    assert all("labels.pbtxt does not parse: 1:14" in problem for problem in problems(config))
    assert len(problems(config)) == 2
