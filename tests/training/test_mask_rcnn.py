"""A Mask R-CNN trains on the masks of COCO's polygons and of VOC's SegmentationObject."""

import itertools
import json
import math
import shutil

import pytest
from PIL import Image, ImageDraw

from odapi_ssd import resources
from odapi_ssd.config.files import load_config, save_config
from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from tests.support.recorded_progress import RecordedProgress
from tools.try_templates.masked_shapes import write_masked_shapes

pytestmark = [pytest.mark.tf, pytest.mark.slow, pytest.mark.usefixtures("api")]

TEMPLATE = "mask_rcnn_inception_resnet_v2_voc"
MASK_LOSS = "Loss/BoxClassifierLoss/mask_loss"


@pytest.fixture(scope="module")
def coco_dir(shapes_dir, tmp_path_factory):
    directory = tmp_path_factory.mktemp("masked") / "coco"
    write_masked_shapes(shapes_dir, directory)
    return directory


@pytest.fixture(scope="module")
def voc_dir(shapes_dir, coco_dir, tmp_path_factory):
    """The same images, split train alone: the objects' numbers are the values of their pixels."""
    directory = tmp_path_factory.mktemp("masked") / "voc"
    shutil.copytree(shapes_dir, directory)
    (directory / "SegmentationObject").mkdir()
    values = json.loads((coco_dir / "annotations/instances_train.json").read_text())
    polygons = itertools.groupby(values["annotations"], key=lambda one: one["image_id"])
    images = {one["id"]: one for one in values["images"]}
    for image_id, objects in polygons:
        image = images[image_id]
        indices = Image.new("P", (image["width"], image["height"]))
        indices.putpalette(range(0, 30))
        draw = ImageDraw.Draw(indices)
        for number, one in enumerate(objects, start=1):
            draw.polygon(one["segmentation"][0], fill=number)
        stem = image["file_name"].removesuffix(".jpg")
        indices.save(directory / f"SegmentationObject/{stem}.png")
    return directory


def small_config(path, train_records, label_map_path, num_steps):
    """The template with another network, small images and few proposals."""
    model = "model.faster_rcnn"
    predictor = f"{model}.second_stage_box_predictor.mask_rcnn_box_predictor"
    resizer = f"{model}.image_resizer.keep_aspect_ratio_resizer"
    rate = "train_config.optimizer.momentum_optimizer.learning_rate.cosine_decay_learning_rate"
    overrides = {
        f"{model}.num_classes": 3,
        f"{model}.feature_extractor.type": "faster_rcnn_resnet50_keras",
        f"{resizer}.min_dimension": 96,
        f"{resizer}.max_dimension": 128,
        f"{model}.first_stage_box_predictor_depth": 32,
        # All anchors are proposals, down to 32 pixels, so that some lie on an object whatever the
        # weights are.
        f"{model}.first_stage_anchor_generator.grid_anchor_generator.scales[0]": 0.125,
        f"{model}.first_stage_max_proposals": 600,
        f"{model}.first_stage_nms_iou_threshold": 1.0,
        f"{model}.second_stage_batch_size": 16,
        f"{model}.initial_crop_size": 7,
        f"{predictor}.mask_prediction_num_conv_layers": 2,
        f"{predictor}.mask_prediction_conv_depth": 16,
        "train_config.num_steps": num_steps,
        f"{rate}.learning_rate_base": 1e-5,
        f"{rate}.total_steps": num_steps,
        f"{rate}.warmup_steps": 1,
        "train_input_reader.label_map_path": label_map_path,
        "eval_input_reader[0].label_map_path": label_map_path,
        "eval_input_reader[0].tf_record_input_reader.input_path": train_records[0],
    }
    for number, pattern in enumerate(train_records):
        overrides[f"train_input_reader.tf_record_input_reader.input_path[{number}]"] = pattern
    template = resources.template_dir() / f"{TEMPLATE}.config"
    save_config(load_config(template, [f"{key}={one}" for key, one in overrides.items()]), path)
    return path


def test_it_trains_on_both(coco_dir, voc_dir, tmp_path):
    from odapi_ssd.training import run as training

    records_dirs = [tmp_path / "coco", tmp_path / "voc"]
    for data_dir, records_dir in zip((coco_dir, voc_dir), records_dirs, strict=True):
        options = ConversionOptions(include_masks=True, splits=("train",))
        convert_dataset(data_dir, records_dir, options)
    config_path = small_config(
        tmp_path / "small.config",
        [records_dir / "train.record-*" for records_dir in records_dirs],
        records_dirs[0] / "label_map.pbtxt",
        num_steps=4,
    )
    progress = RecordedProgress()
    training.train(
        training.TrainOptions(
            pipeline_config_path=str(config_path), model_dir=str(tmp_path / "model")
        ),
        progress,
    )
    losses = [report.losses for report in progress.reports]
    assert progress.reports[-1].step == 4
    assert all(math.isfinite(value) for some in losses for value in some.values())
    assert any(some[MASK_LOSS] > 0 for some in losses)
