"""`--include_masks`: from annotations to records, and what the API's decoder makes of them."""

import json

import numpy as np
import pytest
from PIL import Image

from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.records import keys
from odapi_ssd.data.records.reader import read_examples, read_records
from odapi_ssd.errors import OdapiError
from tests.support.dataset_files import IMAGE_HW, voc_xml, write_image, write_text
from tests.support.supervision_dataset import (
    OBJECTS_XYXY_PX,
    mask_of,
    write_supervision_dataset,
)

HEIGHT, WIDTH = IMAGE_HW
SQUARE = [10, 10, 20, 10, 20, 20, 10, 20]


@pytest.fixture
def coco_dir(tmp_path):
    """Two objects of image a.png, a square and a crowd of one column; image b.png without any."""
    runs = {"size": list(IMAGE_HW), "counts": [HEIGHT, HEIGHT, HEIGHT * (WIDTH - 2)]}
    annotations = [
        {"bbox": [10, 10, 10, 10], "segmentation": [SQUARE], "area": 99.5, "iscrowd": 0},
        {"bbox": [1, 0, 1, 50], "segmentation": runs, "area": 50, "iscrowd": 1},
    ]
    values = {
        "images": [
            {"id": number, "file_name": name, "height": HEIGHT, "width": WIDTH}
            for number, name in enumerate(["a.png", "b.png"])
        ],
        "annotations": [
            {"id": number, "image_id": 0, "category_id": 1, **one}
            for number, one in enumerate(annotations)
        ],
        "categories": [{"id": 1, "name": "dog"}],
    }
    folder = tmp_path / "coco"
    for name in ("a.png", "b.png"):
        write_image(folder / name)
    (folder / "instances_all.json").write_text(json.dumps(values))
    return folder


def change_annotations(folder, change):
    path = folder / "instances_all.json"
    values = json.loads(path.read_text())
    change(values["annotations"])
    path.write_text(json.dumps(values))


def write_voc(folder):
    """One image with a mask for both of its objects."""
    indices = np.zeros(IMAGE_HW, np.uint8)
    indices[10:20, 10:20], indices[:, 1] = 1, 2
    boxes = [("dog", (10, 10, 20, 20), 0), ("dog", (1, 0, 2, 50), 0)]
    write_image(folder / "JPEGImages/a.png")
    write_text(folder / "Annotations/a.xml", voc_xml("VOC", "a.png", boxes))
    write_text(folder / "ImageSets/Main/train.txt", "a\n")
    image = Image.fromarray(indices)
    image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
    (folder / "SegmentationObject").mkdir()
    image.save(folder / "SegmentationObject/a.png")
    return folder


def convert(data_dir, output_dir, **options):
    """The summary, and the records by name."""
    summary = convert_dataset(data_dir, output_dir, ConversionOptions(**options))
    records = [
        record for path in output_dir.glob("*.record-*") for record in read_examples(str(path))
    ]
    return summary, {record.texts(keys.FILENAME)[0]: record for record in records}


def test_coco(coco_dir, tmp_path):
    summary, records = convert(coco_dir, tmp_path / "records", include_masks=True)
    first, second = (
        np.asarray(Image.open(path)) for path in save_masks(records["a.png"], tmp_path)
    )
    expected = np.zeros(IMAGE_HW, np.uint8)
    expected[10:20, 10:20] = 1
    assert (first == expected).all()
    expected = np.zeros(IMAGE_HW, np.uint8)
    expected[:, 1] = 1
    assert (second == expected).all()
    assert list(records["a.png"].floats(keys.AREA)) == [100, 50]
    assert list(records["a.png"].integers(keys.IS_CROWD)) == [0, 1]
    for key in (keys.MASK, keys.AREA, keys.IS_CROWD):
        assert not list(records["b.png"].byte_strings(key))
    assert not [line for line in summary.warnings if "mask" in line]


def save_masks(record, folder):
    for number, encoded in enumerate(record.byte_strings(keys.MASK)):
        (folder / f"{number}.png").write_bytes(encoded)
        yield folder / f"{number}.png"


def test_without_the_option_masks_are_told_and_areas_kept(coco_dir, tmp_path):
    summary, records = convert(coco_dir, tmp_path / "records")
    assert "2 objects have masks, which only --include_masks writes" in " ".join(summary.warnings)
    assert not list(records["a.png"].byte_strings(keys.MASK))
    assert list(records["a.png"].floats(keys.AREA)) == [99.5, 50]
    assert list(records["a.png"].integers(keys.IS_CROWD)) == [0, 1]


def test_areas_of_images_that_are_made_smaller(coco_dir, tmp_path):
    _, records = convert(coco_dir, tmp_path / "boxes", max_side=40)
    assert list(records["a.png"].floats(keys.AREA)) == pytest.approx([99.5 / 4, 12.5])
    _, records = convert(coco_dir, tmp_path / "masks", max_side=40, include_masks=True)
    assert list(records["a.png"].floats(keys.AREA)) == [25, 25]
    (first, _) = (np.asarray(Image.open(one)) for one in save_masks(records["a.png"], tmp_path))
    assert first.shape == (25, 40)
    assert first[5:10, 5:10].all()


def test_voc(tmp_path):
    folder = write_voc(tmp_path / "voc")
    _, records = convert(folder, tmp_path / "records", include_masks=True)
    areas = [np.asarray(Image.open(path)).sum() for path in save_masks(records["a.png"], tmp_path)]
    assert areas == list(records["a.png"].floats(keys.AREA)) == [100, 50]
    _, records = convert(folder, tmp_path / "boxes")
    assert not [key for key in (keys.AREA, keys.IS_CROWD) if list(records["a.png"].floats(key))]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda one: one.update(segmentation=[]),
            "instances_all.json, a.png: no mask, which --include_masks needs: object 1 (dog)",
        ),
        (
            lambda one: one.update(segmentation={"size": [9, 9], "counts": "Q2"}),
            "instances_all.json, a.png: object 1 (dog): the mask has 9x9 pixels, expected the "
            "image's 80x50",
        ),
        (
            lambda one: one.update(segmentation={"size": list(IMAGE_HW), "counts": "0" * 5000}),
            "instances_all.json, a.png: object 1 (dog): the mask: its runs ",
        ),
    ],
)
def test_an_object_without_a_mask_is_a_fault(coco_dir, tmp_path, change, message):
    change_annotations(coco_dir, lambda annotations: change(annotations[0]))
    with pytest.raises(OdapiError, match="1 fault") as caught:
        convert(coco_dir, tmp_path / "records", include_masks=True)
    assert caught.value.details[0].startswith(message)
    assert not (tmp_path / "records").exists()


def test_its_image_can_be_skipped(coco_dir, tmp_path):
    change_annotations(coco_dir, lambda annotations: annotations[0].pop("segmentation"))
    path = coco_dir / "instances_all.json"
    values = json.loads(path.read_text())
    values["images"].append({"id": 7, "file_name": "c.png"})
    path.write_text(json.dumps(values))
    write_image(coco_dir / "c.png")
    options = {"include_masks": True, "on_error": "skip"}
    _, records = convert(coco_dir, tmp_path / "records", val_fraction=0.5, **options)
    assert sorted(records) == ["b.png", "c.png"]
    assert "a.png" in (tmp_path / "records/skipped.json").read_text()


def test_a_dataset_without_masks(coco_dir, tmp_path):
    change_annotations(coco_dir, lambda some: [one.pop("segmentation") for one in some])
    with pytest.raises(OdapiError, match=r"No object in .* has a mask, which --include_masks"):
        convert(coco_dir, tmp_path / "records", include_masks=True)


@pytest.mark.tf
@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("include_masks", [False, True])
def test_the_apis_decoder(tmp_path, include_masks):
    import tensorflow as tf
    from object_detection.data_decoders.tf_example_decoder import TfExampleDecoder
    from object_detection.protos import input_reader_pb2

    write_supervision_dataset(tmp_path / "data", "coco", with_masks=True)
    records_dir = tmp_path / "records"
    convert_dataset(tmp_path / "data", records_dir, ConversionOptions(include_masks=include_masks))
    decoder = TfExampleDecoder(
        load_instance_masks=include_masks,
        instance_mask_type=input_reader_pb2.PNG_MASKS,
        label_map_proto_file=str(records_dir / "label_map.pbtxt"),
    )
    names = set()
    for path in records_dir.glob("*.record-*"):
        for serialized in read_records(str(path)):
            decoded = decoder.decode(tf.constant(serialized))
            name = decoded["filename"].numpy().decode()
            names.add(name)
            boxes = [box for _, box in OBJECTS_XYXY_PX[name]]
            expected = np.array(boxes, np.float32).reshape(-1, 4)[:, [1, 0, 3, 2]]
            actual = decoded["groundtruth_boxes"] * np.float32([HEIGHT, WIDTH] * 2)
            assert actual.numpy() == pytest.approx(expected, abs=1e-4)
            assert decoded["groundtruth_is_crowd"].numpy().tolist() == [False] * len(boxes)
            assert decoded["groundtruth_area"].shape == (len(boxes),)
            if include_masks:
                masks = decoded["groundtruth_instance_masks"].numpy()
                assert masks.shape == (len(boxes), HEIGHT, WIDTH)
                for mask, box in zip(masks, boxes, strict=True):
                    # The outline that supervision traces runs through the pixels at the edge.
                    wrong = (mask > 0) != mask_of(box)
                    assert wrong.sum() <= 2 * (box[2] - box[0] + box[3] - box[1])
                    assert mask.sum() > 0.3 * mask_of(box).sum()
    assert names == set(OBJECTS_XYXY_PX)
