"""The report on anchors: counts by hand, against the API, and what is written or refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from odapi_ssd.errors import OdapiError
from tests.support.anchor_checks import (
    FIXED,
    SSD_ANCHORS,
    TRAIN,
    load_with,
    names_in,
    pairwise_iou,
    with_resizer,
)
from tests.support.recorded_progress import RecordedProgress


def _report(config, output_dir, **options):
    from odapi_ssd.inspection.anchors.report import report_anchors

    return report_anchors(config, output_dir, **options)


@pytest.mark.tf
@pytest.mark.usefixtures("api")
class TestReport:
    def test_a_record_by_hand(self, tiny_config_path, records, tmp_path):
        """128x128 with padding: the image takes 128x64, its first box the upper 64x64.

        Layer 2 has a cell there, whose square of 76.8 holds it: 64² / 76.8² is 0.69.
        """
        config = load_with(tiny_config_path, **{TRAIN: records})
        kept = "keep_aspect_ratio_resizer { min_dimension: 64 max_dimension: 128 "
        with_resizer(config, kept + "pad_to_max_dimension: true }")
        report = _report(config, tmp_path / "out", split="train")
        content = json.loads((tmp_path / "out" / "anchors.json").read_text())
        assert report.input_hw == (128, 128)
        assert any("1 box has zero area" in one for one in report.warnings)
        small, medium, large, every = report.recall.by_size
        assert (small.num_boxes, medium.num_boxes, large.num_boxes) == (1, 1, 0)
        assert (every.num_boxes, every.num_matched) == (2, 1)
        (entry,) = content["unmatched"]
        assert (entry["image"], entry["class_name"]) == ("tall.png", "b")
        # Of 200x100 pixels; in 128x64 it is 3.2 a side, centered at (72, 40) as a cell of layer 0,
        # whose smallest anchor has a side of 0.1 · 128 and holds it.
        assert entry["box_yxyx_px"] == pytest.approx([110, 60, 115, 65], abs=1e-3)
        assert entry["size_hw_input_px"] == pytest.approx([3.2, 3.2], abs=1e-3)
        assert entry["nearest_shape"] == {"layer_idx": 0, "size_hw_px": [12.8, 12.8]}
        assert entry["best_iou"] == entry["best_iou_at_best_position"]
        assert entry["best_iou"] == pytest.approx(3.2**2 / 12.8**2, abs=1e-4)
        assert names_in(tmp_path / "out") == [
            "anchor_matches.png", "anchors.json", "anchors.png", "box_sizes.png"
        ]  # fmt: skip

    def test_all_shapes_and_boxes_of_a_dataset(self, tiny_config_path, records_dir, tmp_path):
        summary = json.loads((records_dir / "dataset.json").read_text())["splits"]
        config = load_with(tiny_config_path)
        progress = RecordedProgress()
        report = _report(config, tmp_path / "out", progress=progress)
        assert report.input_hw == (96, 128)
        assert report.warnings == ()
        num_images = summary["train"]["num_examples"]
        assert report.recall.num_images == num_images
        assert progress.counts == [(number, num_images) for number in range(1, num_images + 1)]
        every = report.recall.by_size[-1]
        assert every.num_boxes == summary["train"]["num_objects"]
        assert sum(row.num_boxes for row in report.recall.by_size[:-1]) == every.num_boxes
        assert sum(shape.num_best for shape in report.shapes) == every.num_matched > 0
        assert all(shape.num_best <= shape.num_matched for shape in report.shapes)
        assert sum(shape.num_anchors for shape in report.shapes) == report.num_anchors
        content = json.loads((tmp_path / "out" / "anchors.json").read_text())
        assert len(content["unmatched"]) == every.num_boxes - every.num_matched
        assert all(one["best_iou"] < 0.5 for one in content["unmatched"])
        val = _report(config, tmp_path / "out", split="val")
        assert val.recall.num_images == summary["val"]["num_examples"]

    def test_as_many_as_the_api_matches(self, tiny_config_path, records_dir, tmp_path):
        """The boxes that have an anchor at IoU 0.5, counted with the API's own IoU and anchors."""
        import tensorflow as tf
        from object_detection.builders import anchor_generator_builder

        config = load_with(tiny_config_path)
        grids = [(6, 8), (3, 4), (2, 2), (1, 1)]
        generator = anchor_generator_builder.build(config.model.ssd.anchor_generator)
        layers = generator.generate(grids, im_height=96, im_width=128)
        anchors = np.concatenate([one.get().numpy() for one in layers]).astype(np.float64)
        num_matched = 0
        for path in sorted(records_dir.glob("train.record-*")):
            for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
                feature = tf.train.Example.FromString(record).features.feature
                sides = [feature[f"image/object/bbox/{side}"].float_list.value
                         for side in ("ymin", "xmin", "ymax", "xmax")]  # fmt: skip
                boxes = np.array(sides, np.float64).T
                num_matched += int((pairwise_iou(boxes, anchors).max(axis=1) >= 0.5).sum())
        report = _report(config, tmp_path)
        assert report.recall.by_size[-1].num_matched == num_matched

    def test_sizes_that_vary(self, tiny_config_path, records_dir, tmp_path):
        """Every image is its own input, so that all boxes keep their size in pixels."""
        config = with_resizer(load_with(tiny_config_path), "identity_resizer {}")
        report = _report(config, tmp_path)
        assert any("varies from image to image" in one for one in report.warnings)
        content = json.loads((tmp_path / "anchors.json").read_text())
        for entry in content["unmatched"]:
            ymin, xmin, ymax, xmax = entry["box_yxyx_px"]
            assert entry["size_hw_input_px"] == pytest.approx([ymax - ymin, xmax - xmin], abs=1e-3)
        # The shapes are squares drawn in 0.25 to 0.5 of the shorter side, as anchors of layers 0
        # to 2 are: some are matched, and some are not.
        every = report.recall.by_size[-1]
        assert 0 < every.num_matched < every.num_boxes
        assert len(content["unmatched"]) == every.num_boxes - every.num_matched

    def test_without_records_there_are_the_anchors(self, tiny_config_path, tmp_path):
        """On a plain canvas; what an earlier call counted is out of date and goes."""
        _report(load_with(tiny_config_path), tmp_path)
        (tmp_path / "mine.png").write_text("mine")
        report = _report(load_with(tiny_config_path, **{TRAIN: tmp_path / "none*"}), tmp_path)
        assert report.recall is None
        assert any("matches no file" in one for one in report.warnings)
        assert names_in(tmp_path) == ["anchors.json", "anchors.png", "mine.png"]

    def test_the_matcher_decides(self, tiny_config_path, records_dir, tmp_path):
        argmax = "model.ssd.matcher.argmax_matcher"
        strict = {f"{argmax}.matched_threshold": 0.95, f"{argmax}.force_match_for_each_row": False}
        report = _report(load_with(tiny_config_path, **strict), tmp_path)
        assert report.threshold == pytest.approx(0.95)
        assert not report.is_forced
        usual = _report(load_with(tiny_config_path), tmp_path)
        assert report.recall.by_size[-1].num_matched < usual.recall.by_size[-1].num_matched


@pytest.mark.tf
@pytest.mark.usefixtures("api")
class TestBadInput:
    def _refused(self, config, tmp_path, match, **options):
        with pytest.raises(OdapiError, match=match):
            _report(config, tmp_path / "out", **options)
        assert not (tmp_path / "out").exists()

    def test_numbers_that_no_anchor_can_have(self, tiny_config_path, tmp_path):
        anchors = "model.ssd.anchor_generator.ssd_anchor_generator"
        config = load_with(tiny_config_path, **{f"{anchors}.min_scale": "nan"})
        self._refused(config, tmp_path, "min_scale: is nan, expected above 0")

    def test_no_ssd(self, tiny_config_path, tmp_path):
        config = load_with(tiny_config_path)
        config.model.Clear()
        self._refused(config, tmp_path, "model is not set")
        config.model.faster_rcnn.num_classes = 3
        self._refused(config, tmp_path, "model is faster_rcnn; only an SSD")

    def test_no_anchor_generator(self, tiny_config_path, tmp_path):
        config = load_with(tiny_config_path)
        config.model.ssd.anchor_generator.Clear()
        self._refused(config, tmp_path, "anchor_generator is not set")

    def test_another_number_of_layers(self, tiny_config_path, tmp_path):
        config = load_with(tiny_config_path, **{f"{SSD_ANCHORS}.num_layers": 3})
        self._refused(config, tmp_path, "anchors for 3 feature maps, but 4 given")

    def test_no_resizer(self, tiny_config_path, tmp_path):
        config = load_with(tiny_config_path)
        config.model.ssd.image_resizer.Clear()
        self._refused(config, tmp_path, "image_resizer cannot be built")

    def test_too_small_an_input(self, tiny_config_path, tmp_path):
        config = load_with(tiny_config_path, **{f"{FIXED}.height": 20})
        self._refused(config, tmp_path, "20x128; ssd_mobilenet_v2_keras takes no side under 33")

    def test_an_unknown_extractor(self, tiny_config_path, tmp_path):
        config = load_with(tiny_config_path, **{"model.ssd.feature_extractor.type": "ssd_magic"})
        self._refused(config, tmp_path, "cannot be built.*ssd_magic")

    def test_images(self, tiny_config_path, tmp_path):
        config = load_with(tiny_config_path)
        self._refused(config, tmp_path, "none.jpg: cannot be read", image_path=Path("none.jpg"))

    @pytest.mark.parametrize("name", ["anchors.png", "box_sizes.png", "anchors.json"])
    def test_a_file_that_no_report_wrote(self, tiny_config_path, tmp_path, name):
        (tmp_path / name).write_text("mine")
        config = load_with(tiny_config_path)
        with pytest.raises(OdapiError, match=f"did not write, .*{name}"):
            _report(config, tmp_path)
        assert (tmp_path / name).read_text() == "mine"
        _report(config, tmp_path, overwrite=True)
        assert (tmp_path / name).read_bytes() != b"mine"
        path = tmp_path / "text.jpg"
        path.write_text("no image")
        self._refused(config, tmp_path, "text.jpg: is not a JPEG", image_path=path)

    def test_records(self, tiny_config_path, records, tmp_path):
        config = load_with(tiny_config_path, **{TRAIN: records})
        records.write_bytes(records.read_bytes()[:-20])
        self._refused(config, tmp_path, "one.record: it is cut short")
        absent = load_with(tiny_config_path, **{TRAIN: tmp_path / "none*"})
        self._refused(absent, tmp_path, "input_path matches no file", split="train")
