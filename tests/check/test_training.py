"""Training: steps, batches, augmentation, frozen variables, ignored fields."""

import pytest

from odapi_ssd.config.files import parse_config
from odapi_ssd.config.overrides import set_field
from tests.support.config_checks import only, problems, warnings

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [
        (["train_config.num_steps=0"], "train_config.num_steps: is 0"),
        (["train_config.batch_size=0"], "train_config.batch_size: is 0"),
        (["train_config.load_all_detection_checkpoint_vars=true"], "which TF2 training refuses"),
        (["train_input_reader.num_epochs=1"],
         "is 1: 6 examples give 2 batches of 3, but num_steps is 100"),
        (["train_config.freeze_variables=['a', '(b', 'c']"],
         "freeze_variables[1]: '(b' is not a regular expression: missing ), unterminated"),
        (["train_config.update_trainable_variables='*'"],
         "update_trainable_variables[0]: '*' is not a regular expression: nothing to repeat"),
        (["train_config.data_augmentation_options=[{}]"],
         "data_augmentation_options[0]: cannot be built"),
    ],
)  # fmt: skip
def test_problems(config, assignments, expected):
    found = problems(config, *assignments)
    assert any(expected in problem for problem in found), found


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [
        (["train_config.batch_size=7"], "there are only 6 examples"),
        (["train_config.freeze_variables=a"], "freeze_variables: is set, but no fine_tune_ch"),
        (["train_config.update_trainable_variables=a"], "frozen variables stay random"),
        (["train_config.use_bfloat16=true"], "use_bfloat16: is true"),
        (["graph_rewriter.quantization.delay=1"], "nothing is trained for quantization"),
    ],
)  # fmt: skip
def test_warnings(config, assignments, expected):
    found = warnings(config, *assignments)
    assert any(expected in warning for warning in found), found


@pytest.mark.parametrize(
    "assignment",
    ["freeze_variables='('", "update_trainable_variables=a", "bias_grad_multiplier=2"],
)
def test_the_api_s_own_loop_ignores_what_ours_honors(config, assignment):
    set_field(config, "train_config.bias_grad_multiplier=0")
    set_field(config, f"train_config.{assignment}")
    assert not any("own loop" in warning for warning in warnings(config))
    name = assignment.partition("=")[0]
    warning = only(warnings(config, use_api_loop=True))
    assert f"train_config.{name}: is set, but the API's own loop ignores it" in warning
    assert problems(config, use_api_loop=True) == []


@pytest.mark.parametrize(
    ("kept", "batch_size", "num_warnings"),
    [
        ("min_dimension: 600 max_dimension: 1024", 1, 0),
        ("min_dimension: 600 max_dimension: 1024", 2, 1),
        ("min_dimension: 600 max_dimension: 1024 pad_to_max_dimension: true", 2, 0),
    ],
)
def test_images_of_different_sizes_make_no_batch(config, kept, batch_size, num_warnings):
    resizer = f"image_resizer {{ keep_aspect_ratio_resizer {{ {kept} }} }}"
    extractor = "feature_extractor { type: 'faster_rcnn_resnet50_keras' }"
    text = f"model {{ faster_rcnn {{ num_classes: 2 {resizer} {extractor} }} }}"
    config.model.CopyFrom(parse_config(text).model)
    config.train_config.batch_size = batch_size
    found = warnings(config)
    assert len(found) == num_warnings
    assert all("which cannot make a batch" in warning for warning in found)
