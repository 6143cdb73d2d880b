"""Checks of `fine_tune_checkpoint` and of the fields beside it."""

import pytest

from odapi_ssd.config.files import save_config
from odapi_ssd.config.overrides import set_field
from tests.support.config_checks import ANCHORS, EXTRACTOR, only, problems, warnings
from tests.support.saved_checkpoints import (
    data_file,
    flip_bit,
    write_before_first_step,
    write_checkpoint,
    write_run,
    write_tf1_checkpoint,
)

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def test_one_that_exists(config, data):
    prefix = write_checkpoint(data, "model")
    set_field(config, f"train_config.fine_tune_checkpoint={prefix}")
    assert problems(config) == []


@pytest.mark.parametrize(
    ("root", "kind", "expected"),
    [
        ("model", "detection", None),
        ("model", "full", None),
        ("model", "classification", "type classification, but holds no 'feature_extractor'; it "
         "holds model; set train_config.fine_tune_checkpoint_type to detection or full"),
        ("model", "", "is taken for one of type classification, but holds no"),
        ("feature_extractor", "classification", None),
        ("feature_extractor", "", None),
        ("feature_extractor", "detection", "holds no 'model'; it holds feature_extractor; set "
         "train_config.fine_tune_checkpoint_type to classification"),
        ("feature_extractor", "full", "of type full, but holds no 'model'"),
        ("net", "detection", "it holds net; take a checkpoint of a detector"),
    ],
)  # fmt: skip
def test_the_type_must_fit(config, data, root, kind, expected):
    set_field(config, f"train_config.fine_tune_checkpoint={write_checkpoint(data, root)}")
    set_field(config, f"train_config.fine_tune_checkpoint_type={kind}")
    if expected is None:
        assert problems(config) == []
    else:
        assert expected in only(problems(config))


def test_a_detectors_without_type_as_older_configs_say(config, data):
    prefix = write_checkpoint(data, "model")
    set_field(config, f"train_config.fine_tune_checkpoint={prefix}")
    set_field(config, "train_config.fine_tune_checkpoint_type=")
    set_field(config, "train_config.from_detection_checkpoint=true")
    assert problems(config) == []


def test_all_of_a_detector_of_other_anchors(config, data):
    """The number of anchors is the same, so that all shapes are."""
    prefix = write_checkpoint(data, "model")
    other = type(config)()
    other.CopyFrom(config)
    set_field(other, f"{ANCHORS}.ssd_anchor_generator.min_scale=0.3")
    save_config(other, data / "trained_with.config")
    set_field(config, f"train_config.fine_tune_checkpoint={prefix}")
    set_field(config, "train_config.fine_tune_checkpoint_type=detection")
    assert problems(config) == []
    set_field(config, "train_config.fine_tune_checkpoint_type=full")
    found = only(problems(config))
    assert f"{prefix} is of another model, that of {data}/trained_with.config: " in found
    assert "min_scale is 0.3 there and 0.2 in the config" in found


def test_a_classification_network_that_does_not_fit(config, data):
    prefix = write_checkpoint(data, "feature_extractor")
    set_field(config, f"train_config.fine_tune_checkpoint={prefix}")
    set_field(config, "train_config.fine_tune_checkpoint_type=classification")
    set_field(config, f"{EXTRACTOR}.type=ssd300_mobilenet_v2_keras")
    (found,) = (one for one in problems(config) if "fine_tune_checkpoint" in one)
    assert f"{prefix} does not fit the config's classification network in 200 var" in found
    assert "Conv1/kernel: not in the checkpoint, [3, 3, 3, 32] in the config's netw" in found
    assert "--backbone mobilenet_v2 " in found


def test_its_folder(config, data):
    prefix = write_checkpoint(data, "model")
    set_field(config, f"train_config.fine_tune_checkpoint={data}")
    assert f"; set it to {prefix}" in only(problems(config))


def test_one_that_is_damaged(config, data):
    first, second = write_run(data, 2)
    flip_bit(data_file(second), 300)
    set_field(config, f"train_config.fine_tune_checkpoint={second}")
    found = only(problems(config))
    assert f"The checkpoint {second} cannot be used: ckpt-2.data-00000-of-00001: damaged" in found
    assert found.endswith(f"to go on from there: train_config.fine_tune_checkpoint: {first}")


@pytest.mark.parametrize("given", ["{}", "{}/ckpt-1.index", "{}/ckpt-1.data-00000-of-00001"])
def test_its_folder_or_file_names_its_prefix(config, data, given):
    """The API takes a prefix alone."""
    prefix = write_checkpoint(data, "model")
    (data / "checkpoint").write_text('model_checkpoint_path: "ckpt-1"')
    given = given.format(data)
    set_field(config, f"train_config.fine_tune_checkpoint={given}")
    assert f"is {given}, a folder or a file of a checkpoint" in only(problems(config))
    assert f"; set it to {prefix}" in only(problems(config))


def test_one_that_is_not_there(config, data):
    set_field(config, f"train_config.fine_tune_checkpoint={data}/ckpt-9")
    found = only(problems(config))
    assert f"There is no checkpoint {data}/ckpt-9 (no file {data}/ckpt-9.index); " in found
    assert "relative paths count from the current folder, " in found


def test_a_file_that_is_no_checkpoint(config, data):
    (data / "ckpt-1.index").write_text("not a table")
    set_field(config, f"train_config.fine_tune_checkpoint={data}/ckpt-1")
    assert f"The checkpoint {data}/ckpt-1 cannot be used: " in only(problems(config))


def test_a_run_before_its_first_step(config, data):
    prefix = write_before_first_step(data)
    set_field(config, f"train_config.fine_tune_checkpoint={prefix}")
    assert f"The checkpoint {prefix} holds no weights" in only(problems(config))


def test_one_of_tensorflow_1(config, data):
    prefix = write_tf1_checkpoint(data)
    set_field(config, f"train_config.fine_tune_checkpoint={prefix}")
    assert "is a checkpoint of TensorFlow 1" in only(problems(config))


def test_no_type(config, data):
    saved = write_checkpoint(data, "feature_extractor")
    set_field(config, f"train_config.fine_tune_checkpoint={saved}")
    set_field(config, "train_config.fine_tune_checkpoint_type=")
    assert "takes the checkpoint for one of classification" in only(warnings(config))


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [
        (["train_config.fine_tune_checkpoint=PATH_TO_BE_CONFIGURED/ckpt-0"], "is still"),
        (["train_config.fine_tune_checkpoint=no/ckpt-0"], "(no file no/ckpt-0.index)"),
        (["train_config.fine_tune_checkpoint=no/ckpt-0.index"], "There is no checkpoint no/ckpt-0"),
        (["train_config.fine_tune_checkpoint=no", "train_config.fine_tune_checkpoint_version=V1"],
         "is V1, which TF2 training refuses"),
        (["train_config.fine_tune_checkpoint=no",
          "train_config.fine_tune_checkpoint_type=detektion"], "nearest valid: detection"),
    ],
)  # fmt: skip
def test_problems(config, assignments, expected):
    found = problems(config, *assignments)
    assert any(expected in problem for problem in found), found
