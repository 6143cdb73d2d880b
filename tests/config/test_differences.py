"""Differences between configs, by hand. No TensorFlow."""

from odapi_ssd.config.differences import FieldDifference, find_differences
from odapi_ssd.config.files import parse_config

_SSD = "model.ssd"


def _model(text):
    return parse_config(f"model {{ ssd {{ {text} }} }}").model


def _differences(before, after):
    return find_differences(_model(before), _model(after), "model")


def test_equal_messages_have_none():
    assert _differences("num_classes: 3", "num_classes: 3") == []
    assert _differences("", "") == []


def test_a_scalar():
    assert _differences("num_classes: 3", "num_classes: 4") == [
        FieldDifference(f"{_SSD}.num_classes", 3, 4)
    ]


def test_a_scalar_that_is_not_set_has_its_default():
    normalizes = "normalize_loss_by_num_matches"  # true by default
    assert _differences("", f"{normalizes}: true") == []
    assert _differences("", f"{normalizes}: false") == [
        FieldDifference(f"{_SSD}.{normalizes}", True, False)
    ]


def test_an_enum_has_the_names_of_its_values():
    converter = "post_processing {{ score_converter: {} }}"
    (found,) = _differences(converter.format("SOFTMAX"), converter.format("SIGMOID"))
    assert found == FieldDifference(f"{_SSD}.post_processing.score_converter", "SOFTMAX", "SIGMOID")


def test_a_message_that_one_of_the_two_has_is_one_difference():
    (found,) = _differences("box_coder { faster_rcnn_box_coder { y_scale: 3 x_scale: 4 } }", "")
    assert found.path == f"{_SSD}.box_coder"
    assert found.before.faster_rcnn_box_coder.y_scale == 3
    assert found.after is None


def test_a_message_without_fields_is_set_all_the_same():
    (found,) = _differences("", "box_coder {}")
    assert (found.path, found.before) == (f"{_SSD}.box_coder", None)
    assert found.after is not None


def test_another_member_of_a_oneof_is_two_differences():
    before, after = "box_coder { square_box_coder {} }", "box_coder { keypoint_box_coder {} }"
    paths = {difference.path for difference in _differences(before, after)}
    assert paths == {f"{_SSD}.box_coder.square_box_coder", f"{_SSD}.box_coder.keypoint_box_coder"}


def test_a_repeated_field_is_compared_as_a_whole():
    anchors = "anchor_generator {{ ssd_anchor_generator {{ {} }} }}"
    (found,) = _differences(anchors.format("scales: 1 scales: 2"), anchors.format("scales: 2"))
    assert found.path == f"{_SSD}.anchor_generator.ssd_anchor_generator.scales"
    assert (found.before, found.after) == ((1.0, 2.0), (2.0,))


def test_repeated_messages_are_compared_item_by_item():
    text = "train_config {{ data_augmentation_options {{ {} {{}} }} }}"
    flip = parse_config(text.format("random_horizontal_flip"))
    (found,) = find_differences(flip, parse_config(text.format("ssd_random_crop")))
    assert found.path == "train_config.data_augmentation_options"
    assert find_differences(flip, parse_config(text.format("random_horizontal_flip"))) == []


def test_all_differences_in_the_order_of_declaration():
    before = parse_config("model { ssd { num_classes: 1 } } train_config { batch_size: 1 }")
    after = parse_config("train_config { batch_size: 2 } model { ssd { num_classes: 2 } }")
    paths = [difference.path for difference in find_differences(before, after)]
    assert paths == ["model.ssd.num_classes", "train_config.batch_size"]


def test_lines_for_a_user():
    assert str(FieldDifference("a.b", 3, 4)) == "a.b is 3 there and 4 in the config"
    assert str(FieldDifference("a", "x", "y")) == "a is 'x' there and 'y' in the config"
    assert str(FieldDifference("a.b", (1,), ())) == "a.b differs"
    assert str(FieldDifference("a.b", None, object())) == "a.b is set in only one of the two"


def test_a_line_has_no_more_digits_than_the_config():
    """float32 stores 0.2 as 0.20000000298."""
    scale = "anchor_generator {{ ssd_anchor_generator {{ min_scale: {} }} }}"
    (found,) = _differences(scale.format(0.2), scale.format(0.35))
    assert str(found).endswith("min_scale is 0.2 there and 0.35 in the config")
