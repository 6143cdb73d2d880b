"""Records made by hand for checks of a config, and what the checks find."""

import io

from PIL import Image

from odapi_ssd.check.report import check_config
from odapi_ssd.config.overrides import set_field

RATE = "train_config.optimizer.momentum_optimizer.learning_rate"
COSINE = f"{RATE}.cosine_decay_learning_rate"
ANCHORS = "model.ssd.anchor_generator"
EXTRACTOR = "model.ssd.feature_extractor"
FIXED = "model.ssd.image_resizer.fixed_shape_resizer"
RECORDS = "train_input_reader.tf_record_input_reader.input_path"


def image_file(image_format, mode="RGB"):
    """The content of an image file, 40 pixels wide and 20 high."""
    content = io.BytesIO()
    Image.new(mode, (40, 20)).save(content, format=image_format)
    return content.getvalue()


JPEG = image_file("JPEG")


def example(*objects, encoded=JPEG, **features):
    """A serialized example; objects are (text, id, ymin, xmin, ymax, xmax), text None for none."""
    import tensorflow as tf

    message = tf.train.Example()
    feature = message.features.feature
    feature["image/encoded"].bytes_list.value.extend([encoded] if encoded else [])
    texts = [text.encode() for text, *_ in objects if text is not None]
    feature["image/object/class/text"].bytes_list.value.extend(texts)
    feature["image/object/class/label"].int64_list.value.extend(one[1] for one in objects)
    for index, side in enumerate(("ymin", "xmin", "ymax", "xmax"), start=2):
        values = features.get(side, [one[index] for one in objects])
        feature[f"image/object/bbox/{side}"].float_list.value.extend(values)
    if "masks" in features:
        feature["image/object/mask"].bytes_list.value.extend(features["masks"])
    return message.SerializeToString()


CAT = ("cat", 1, 0.0, 0.25, 0.5, 1.0)
DOG = ("dog", 2, 0.1, 0.1, 0.9, 0.9)


def write_records(path, *serialized):
    import tensorflow as tf

    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in serialized:
            writer.write(record)


def problems(config, *assignments, **options):
    """The problems of a config, after fields of it are set."""
    for assignment in assignments:
        set_field(config, assignment)
    return [str(problem) for problem in check_config(config, **options).problems]


def warnings(config, *assignments, **options):
    """The warnings on a config, after fields of it are set."""
    for assignment in assignments:
        set_field(config, assignment)
    return [str(warning) for warning in check_config(config, **options).warnings]


def only(items):
    assert len(items) == 1, items
    return items[0]
