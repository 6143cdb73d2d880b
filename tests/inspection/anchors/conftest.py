"""Records made by hand."""

import io
from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture
def records(tmp_path, api) -> Path:
    """One record: a 200x100 (height, width) image with three boxes, one of zero area."""
    import tensorflow as tf

    content = io.BytesIO()
    Image.new("RGB", (100, 200), (200, 30, 30)).save(content, format="PNG")
    boxes = {"ymin": [0.0, 0.55, 0.2], "xmin": [0.0, 0.6, 0.3],
             "ymax": [0.5, 0.575, 0.2], "xmax": [1.0, 0.65, 0.4]}  # fmt: skip
    message = tf.train.Example()
    feature = message.features.feature
    feature["image/encoded"].bytes_list.value.append(content.getvalue())
    feature["image/filename"].bytes_list.value.append(b"tall.png")
    feature["image/object/class/label"].int64_list.value.extend([1, 2, 1])
    feature["image/object/class/text"].bytes_list.value.extend([b"a", b"b", b"a"])
    for side, values in boxes.items():
        feature[f"image/object/bbox/{side}"].float_list.value.extend(values)
    path = tmp_path / "data" / "one.record"
    path.parent.mkdir()
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(message.SerializeToString())
    return path
