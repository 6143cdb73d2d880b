"""What records decode to, in the API's decoder and in TensorFlow alone, against what went in.

What is expected is computed here from the annotations and the image files, with Pillow and NumPy.
"""

import io
import random
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.examples import Example, check_example
from odapi_ssd.data.records.reader import read_records
from odapi_ssd.data.records.writer import encode_example

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

LABEL_MAP = {"cat": 1, "dog": 2, "Kätzchen": 7, "a 'b' \"c\"": 300}
# Mode, format, options of saving: everything that convert takes.
KINDS = [
    ("RGB", "JPEG", {}),
    ("RGB", "JPEG", {"progressive": True, "quality": 95, "subsampling": 0}),
    ("RGB", "JPEG", {"restart_marker_rows": 1, "keep_rgb": True}),
    ("L", "JPEG", {"quality": 60}),
    ("CMYK", "JPEG", {}),
    ("RGB", "PNG", {}),
    ("RGB", "PNG", {"transparency": (0, 0, 0)}),
    ("RGBA", "PNG", {}),
    ("L", "PNG", {}),
    ("LA", "PNG", {}),
    ("P", "PNG", {}),
    ("1", "PNG", {}),
    ("I;16", "PNG", {}),
    ("RGB", "BMP", {}),
    ("P", "BMP", {}),
    ("1", "BMP", {}),
    ("P", "GIF", {}),
    ("RGB", "WEBP", {}),
    ("RGBA", "WEBP", {"lossless": True, "exact": True}),
]
# TensorFlow decodes JPEG by faster, less exact arithmetic than Pillow.
JPEG_TOLERANCE = 16
# Encoded anew, at quality 95; noise is the worst case.
CMYK_TOLERANCE = 32


@dataclass
class Expected:
    """What a record must decode to; boxes are ymin, xmin, ymax, xmax in 0..1, float32."""

    name: str
    pixels: np.ndarray
    tolerance: int
    boxes_yxyx: np.ndarray
    class_names: list[str]
    is_difficult: list[bool]
    is_truncated: list[bool]
    poses: list[str]


def decode_all(serialized):
    """By the API's decoder, and by `tf.io.parse_example` alone: both as lists of dictionaries."""
    import tensorflow as tf
    from object_detection.data_decoders.tf_example_decoder import TfExampleDecoder

    decoder = TfExampleDecoder()
    records = tf.data.Dataset.from_tensor_slices(serialized)
    by_api = records.map(decoder.decode, num_parallel_calls=2).as_numpy_iterator()
    ragged = {
        f"image/object/{key}": tf.io.RaggedFeature(kind)
        for key, kind in (
            ("bbox/ymin", tf.float32), ("bbox/xmin", tf.float32), ("bbox/ymax", tf.float32),
            ("bbox/xmax", tf.float32), ("class/text", tf.string), ("class/label", tf.int64),
            ("difficult", tf.int64), ("truncated", tf.int64), ("view", tf.string),
        )
    }  # fmt: skip
    single = {
        f"image/{key}": tf.io.FixedLenFeature([], kind)
        for key, kind in (
            ("encoded", tf.string), ("format", tf.string), ("filename", tf.string),
            ("source_id", tf.string), ("height", tf.int64), ("width", tf.int64),
        )
    }  # fmt: skip
    parsed = tf.io.parse_example(tf.constant(serialized), {**ragged, **single})
    return by_api, {
        key: (values.to_list() if key in ragged else values.numpy().tolist())
        for key, values in parsed.items()
    }


def compare(serialized, expected, label_map):
    """Compares records with what they must hold; returns how many objects they have."""
    by_api, parsed = decode_all(serialized)
    for idx, (found, wanted) in enumerate(zip(by_api, expected, strict=True)):
        difference = np.abs(np.subtract(found["image"], wanted.pixels, dtype=np.int16))
        assert difference.max() <= wanted.tolerance, wanted.name
        assert difference.mean() <= wanted.tolerance / 4, wanted.name
        ids = [label_map[name] for name in wanted.class_names]
        assert found["source_id"] == found["filename"] == wanted.name.encode()
        assert found["groundtruth_boxes"].dtype == np.float32
        np.testing.assert_array_equal(found["groundtruth_boxes"], wanted.boxes_yxyx)
        assert found["groundtruth_classes"].tolist() == ids
        assert found["groundtruth_difficult"].tolist() == wanted.is_difficult
        plain = {key: values[idx] for key, values in parsed.items()}
        sides = [plain[f"image/object/bbox/{side}"] for side in ("ymin", "xmin", "ymax", "xmax")]
        assert [*zip(*sides, strict=True)] == [*map(tuple, wanted.boxes_yxyx.tolist())]
        assert plain["image/object/class/label"] == ids
        texts = plain["image/object/class/text"], plain["image/object/view"]
        assert texts == tuple(
            [text.encode() for text in column] for column in (wanted.class_names, wanted.poses)
        )
        assert plain["image/object/difficult"] == wanted.is_difficult
        assert plain["image/object/truncated"] == wanted.is_truncated
        assert (plain["image/height"], plain["image/width"]) == wanted.pixels.shape[:2]
        assert plain["image/filename"] == plain["image/source_id"] == wanted.name.encode()
        with Image.open(io.BytesIO(plain["image/encoded"])) as image:
            assert (image.format or "").lower().encode() == plain["image/format"]
            assert image.mode == "RGB"
            difference = np.subtract(np.asarray(image), wanted.pixels, dtype=np.int16)
        assert np.abs(difference).max() <= wanted.tolerance
    return sum(len(one.class_names) for one in expected)


def make_image(generator, kind):
    """A smooth random image as a file, and the RGB pixels that it shows."""
    mode, image_format, options = kind
    width, height = generator.randint(1, 60), generator.randint(1, 60)
    noise = np.random.default_rng(generator.randrange(2**32)).integers(0, 256, (4, 4, 4), np.uint8)
    image = Image.fromarray(noise, "RGBA").resize((width, height), Image.Resampling.BICUBIC)
    if mode == "I;16":
        values = np.asarray(image.convert("L")).astype(np.uint16) * 257
        image, pixels = Image.fromarray(values), np.stack([values >> 8] * 3, axis=-1)
    else:
        image = image if mode == "RGBA" else image.convert("RGB").convert(mode)
        pixels = None
    content = io.BytesIO()
    image.save(content, image_format, **options)
    if pixels is None:
        with Image.open(content) as saved:
            pixels = np.asarray(saved.convert("RGB"))
    return content.getvalue(), pixels


def make_case(generator, idx, folder):
    """A random annotation and its image, and what their record must hold."""
    kind = KINDS[idx % len(KINDS)]
    name = f"{generator.choice(['', 'night/', 'ü '])}{idx}.{kind[1].lower()}"
    path = folder / f"{idx}.img"
    content, pixels = make_image(generator, kind)
    path.write_bytes(content)
    height, width = pixels.shape[:2]
    objects, boxes = [], []
    for number in range(1, generator.choice((0, 1, 2, 7)) + 1):
        xs = sorted(generator.uniform(-5, width + 5) for _ in range(2))
        ys = sorted(generator.choice((generator.uniform(-5, height), height)) for _ in range(2))
        objects.append(
            AnnotatedObject(
                number,
                generator.choice(list(LABEL_MAP)),
                (xs[0], ys[0], xs[1], ys[1]),
                generator.choice(("Left", "Unspecified", "")),
                generator.random() < 0.3,
                generator.random() < 0.3,
            )
        )
        clipped = np.clip(np.array([ys[0], xs[0], ys[1], xs[1]]), 0, [height, width] * 2)
        boxes.append((clipped / np.array([height, width] * 2)).astype(np.float32))
    kept = [i for i, box in enumerate(boxes) if box[0] < box[2] and box[1] < box[3]]
    expected = Expected(
        name,
        pixels,
        {"JPEG": CMYK_TOLERANCE if kind[0] == "CMYK" else JPEG_TOLERANCE}.get(kind[1], 0),
        np.array([boxes[i] for i in kept], np.float32).reshape(-1, 4),
        [objects[i].name for i in kept],
        [objects[i].is_difficult for i in kept],
        [objects[i].is_truncated for i in kept],
        [objects[i].pose for i in kept],
    )
    annotation = Annotation(f"{idx}.txt", None, tuple(objects))
    return AnnotatedImage(name, path, annotation, name), expected


def test_a_thousand_random_annotations_of_all_kinds_of_images(tmp_path):
    generator = random.Random(12)
    cases = [make_case(generator, idx, tmp_path) for idx in range(1000)]
    serialized = []
    for annotated, _ in cases:
        example = check_example(annotated)
        assert isinstance(example, Example), example
        serialized.append(encode_example(example, LABEL_MAP))
    assert compare(serialized, [expected for _, expected in cases], LABEL_MAP) > 1500


@pytest.mark.real_data
def test_all_of_bccd(bccd_dir, tmp_path):
    summary = convert_dataset(bccd_dir, tmp_path)
    serialized = []
    for split in summary.splits:
        for path in sorted(tmp_path.glob(f"{split}.record-*")):
            serialized += read_records(str(path))
    stems = [
        stem
        for split in summary.splits
        for stem in (bccd_dir / f"ImageSets/Main/{split}.txt").read_text().split()
    ]
    expected = [read_voc(bccd_dir, stem) for stem in stems]
    assert len(expected) == 364
    assert compare(serialized, expected, summary.label_map) == 4886


def read_voc(data_dir, stem):
    """One annotation by the standard library; boxes without area are left out."""
    root = ElementTree.parse(data_dir / "Annotations" / f"{stem}.xml").getroot()
    path = data_dir / "JPEGImages" / f"{stem}.jpg"
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    sides, objects = np.array(pixels.shape[:2] * 2), []
    for one in root.iter("object"):
        box = [float(one.findtext(f"bndbox/{side}")) for side in ("ymin", "xmin", "ymax", "xmax")]
        box = (np.clip(box, 0, sides) / sides).astype(np.float32)
        if box[0] < box[2] and box[1] < box[3]:
            flags = [bool(int(one.findtext(tag))) for tag in ("difficult", "truncated")]
            objects.append((box, one.findtext("name"), *flags, one.findtext("pose")))
    boxes, *columns = [list(column) for column in zip(*objects, strict=True)]
    return Expected(path.name, pixels, JPEG_TOLERANCE, np.array(boxes), *columns)
