"""Contents of records: images, boxes and classes that the API cannot use."""

import pytest

from tests.support.config_checks import (
    CAT,
    example,
    image_file,
    only,
    problems,
    warnings,
    write_records,
)

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

FIRST = "train.record-00000-of-00002"


def test_more_objects_than_the_api_reads(config):
    found = warnings(config, "train_input_reader.max_number_of_boxes=1")
    assert any("is 1, but an image has 2 objects" in warning for warning in found), found


def test_no_objects(config, data):
    for path in data.glob("train.record-*"):
        write_records(path, example())
    assert "no record has an object" in only(problems(config))


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: b"\xff\xff\xff", "record 0 is not a tf.train.Example"),
        (lambda: example(CAT, encoded=b""), "record 0 has nothing under the key image/encoded"),
        (lambda: example(CAT, encoded=b"text"),
         "record 0 has no image that the API decodes under the key image/encoded, expected "
         "one JPEG, PNG or BMP (of 8, 24 or 32 bits per pixel)"),
        (lambda: example(CAT, encoded=image_file("GIF")),
         "record 0 has a GIF under the key image/encoded, expected one JPEG, PNG or BMP"),
        (lambda: example(CAT, encoded=image_file("BMP", "1")),
         "record 0 has a BMP with 1 bits per pixel"),
        (lambda: example(CAT, encoded=image_file("JPEG")[:-2]),
         "record 0 has the image without a name: TensorFlow does not decode it: its data is "
         "damaged, incomplete or no image"),
        (lambda: example(CAT, ymin=[]), "different lengths: 0 ymin, 1 xmin, 1 ymax, 1 xmax"),
        (lambda: example(("cat", 1, 0, 0, 480, 640)),
         "1 box lies outside 0..1: {path}, record 0: ymin, xmin, ymax, xmax = 0, 0, 480, 640"),
        (lambda: example(("cat", 1, 0, 0, float("nan"), 1)), "= 0, 0, nan, 1"),
        (lambda: example(("cat", 1, -0.5, 0, 1, 1)), "= -0.5, 0, 1, 1"),
        (lambda: example(("cow", 2, 0, 0, 1, 1)), "not in the label map: 'cow'"),
        (lambda: example((None, 3, 0, 0, 1, 1)), "class ids 3, expected 1 to 2"),
        (lambda: example((None, 0, 0, 0, 1, 1)), "class ids 0, expected 1 to 2"),
    ],
)  # fmt: skip
def test_bad_contents(config, data, make, expected):
    path = data / FIRST
    write_records(path, make())
    found = problems(config)
    assert any(expected.format(path=path) in problem for problem in found), found


@pytest.mark.parametrize(
    ("image_format", "mode"),
    [("JPEG", "RGB"), ("PNG", "RGBA"), ("BMP", "RGB"), ("BMP", "L"), ("BMP", "1"),
     ("GIF", "P"), ("WEBP", "RGB")],
)  # fmt: skip
def test_what_the_api_decodes_is_accepted_and_nothing_else(config, data, image_format, mode):
    import tensorflow as tf
    from object_detection.data_decoders.tf_example_decoder import TfExampleDecoder

    record = example(CAT, encoded=image_file(image_format, mode))
    write_records(data / FIRST, record)
    try:
        TfExampleDecoder().decode(tf.constant(record))
    except (ValueError, tf.errors.InvalidArgumentError):
        assert "under the key image/encoded" in only(problems(config))
    else:
        assert problems(config) == []


def test_ids_without_texts_are_fine(config, data):
    write_records(data / FIRST, example((None, 2, 0, 0, 1, 1)))
    assert problems(config) == []


def test_a_box_at_the_edge_is_inside(config, data):
    write_records(data / FIRST, example(("cat", 1, 0.0, 0.0, 1.0000001, 1.0)))
    assert problems(config) == []


@pytest.mark.parametrize("box", [(0.5, 0, 0.5, 1), (0, 1, 1, 0)])
def test_boxes_of_zero_area(config, data, box):
    write_records(data / FIRST, example(("cat", 1, *box)))
    assert "1 box has zero area" in only(warnings(config))


def test_ids_of_another_label_map(config, data):
    write_records(data / FIRST, example(("cat", 2, 0, 0, 1, 1)))
    assert "'cat' 1, 2 instead of 1" in only(warnings(config))


MASKS = "train_input_reader.load_instance_masks=true"
PNG = "train_input_reader.mask_type=PNG_MASKS"


def test_records_without_the_masks_that_a_config_wants(config, data):
    found = only(problems(config, MASKS, PNG))
    assert "train_input_reader.tf_record_input_reader.input_path" in found
    assert "records with objects have no mask for each of them" in found
    assert "--include_masks" in found


def test_masks_of_the_other_form(config, data):
    png = image_file("PNG", "L")
    for path in data.glob("train.record-*"):
        write_records(path, example(CAT, masks=[png]))
    assert problems(config, MASKS, PNG) == []
    found = only(problems(config, "train_input_reader.mask_type=NUMERICAL_MASKS"))
    assert "mask_type: is NUMERICAL_MASKS, but 2 records have masks of the other form" in found
    assert "set it to PNG_MASKS" in found
