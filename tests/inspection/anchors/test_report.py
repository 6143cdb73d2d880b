"""What anchors catch: by hand on a few boxes, against all anchors at random, and as a report."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from odapi_ssd.errors import OdapiError
from odapi_ssd.inspection.anchors.recall import SIZE_CLASSES, cover, size_class_idx
from odapi_ssd.ssd.anchors import AnchorLayer, AnchorSpec, preset
from tests.support.recorded_progress import RecordedProgress

SSD_ANCHORS = "model.ssd.anchor_generator.ssd_anchor_generator"
FIXED = "model.ssd.image_resizer.fixed_shape_resizer"
TRAIN = "train_input_reader.tf_record_input_reader.input_path"

# A non-square input of 40x80: three shapes of two layers, 2·4·2 + 1 anchors.
FINE = AnchorLayer((2, 4), (20, 20), (10, 10), ((20, 20), (10, 40)))
COARSE = AnchorLayer((1, 1), (40, 80), (20, 40), ((40, 80),))
SPEC = AnchorSpec((FINE, COARSE), units="pixels")


class TestCover:
    def test_two_boxes_and_three_shapes_by_hand(self):
        boxes = [
            # right on the square anchor of row 1, column 3: center (30, 70)
            [20, 60, 40, 80],
            # 10x20 around (15, 45); the cell of center (10, 50) is 5 away in y and in x
            [10, 35, 20, 55],
        ]
        found = cover(boxes, SPEC, 0.5)
        # The second with the square (0..20, 40..60): 10·15 of 200 + 400 - 150. With 10x40 at
        # (5..15, 30..70): 5·20 of 200 + 400 - 100. With the whole input: 200 of 3200.
        np.testing.assert_allclose(found.best_iou, [1.0, 150 / 450], rtol=1e-6)
        assert found.best_shape_idx.tolist() == [0, 0]
        assert found.num_caught.tolist() == [1, 0, 0]
        # Centerd, both the square and the long anchor hold the box: 200 of 400.
        np.testing.assert_allclose(found.centerd_iou, [1.0, 0.5], rtol=1e-6)

    def test_a_box_may_be_caught_by_several_shapes(self):
        # rows 0..10, columns 10..50 at the center (5, 30): 5 above that of the first row
        layer = AnchorLayer((1, 1), (0, 0), (5, 30), ((10, 40), (10, 20), (10, 19), (10, 40)))
        found = cover([[0, 10, 10, 50]], AnchorSpec((layer,), units="pixels"), 0.5)
        assert found.num_caught.tolist() == [1, 1, 0, 1]  # 200 of 400 is enough, 190 is not
        assert found.best_shape_idx.tolist() == [0]  # of equals the first

    def test_no_boxes(self):
        found = cover(np.zeros((0, 4)), SPEC, 0.5)
        assert found.best_iou.shape == found.best_shape_idx.shape == (0,)
        assert found.num_caught.tolist() == [0, 0, 0]

    def test_a_box_far_from_all_anchors(self):
        found = cover([[500, 500, 510, 510]], SPEC, 0.5)
        assert found.best_iou.tolist() == [0]

    @pytest.mark.parametrize("spec", [SPEC, preset("ssd300_voc")], ids=["pixels", "ssd300"])
    def test_as_with_every_anchor(self, spec):
        rng = np.random.default_rng(5)
        size = np.array([40, 80]) if spec.units == "pixels" else np.ones(2)
        corners = rng.uniform(-0.1, 1.1, (60, 2, 2)) * size
        boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
        iou = _iou(boxes, spec.boxes_yxyx().astype(np.float64))  # [N, A]
        sizes = [len(layer.box_sizes_hw) for layer in spec.layers]
        counts = [layer.num_anchors for layer in spec.layers]
        shape_of_anchor = np.concatenate([
            sum(sizes[:idx]) + np.arange(count) % sizes[idx] for idx, count in enumerate(counts)
        ])  # fmt: skip
        by_shape = np.stack([iou[:, shape_of_anchor == s].max(axis=1) for s in range(sum(sizes))])
        found = cover(boxes, spec, 0.3)
        np.testing.assert_allclose(found.best_iou, iou.max(axis=1), atol=1e-5)
        assert found.num_caught.tolist() == (by_shape >= 0.3).sum(axis=1).tolist()
        picked = by_shape[found.best_shape_idx, np.arange(len(boxes))]
        np.testing.assert_allclose(picked, iou.max(axis=1), atol=1e-5)

    def test_many_boxes_are_as_each_alone(self):
        boxes = np.tile([[20, 60, 40, 80], [10, 35, 20, 55]], (20_000, 1))
        found = cover(boxes, SPEC, 0.5)
        assert found.num_caught.tolist() == [20_000, 0, 0]
        np.testing.assert_allclose(found.best_iou[-2:], [1, 1 / 3], rtol=1e-6)

    def test_what_it_does_not_take(self):
        with pytest.raises(ValueError, match=r"must be \[N, 4\], not \[4\]"):
            cover([0, 0, 1, 1], SPEC, 0.5)
        clipped = AnchorSpec((AnchorLayer((1, 1), (1, 1), (0.5, 0.5), ((1, 1),)),), clip=True)
        with pytest.raises(ValueError, match="clip"):
            cover([[0, 0, 1, 1]], clipped, 0.5)


def test_size_classes():
    assert [name for name, _ in SIZE_CLASSES] == ["small", "medium", "large"]
    boxes = [[0, 0, 31, 33], [0, 0, 32, 32], [5, 0, 101, 95], [0, 0, 96, 96]]
    assert size_class_idx(boxes).tolist() == [0, 1, 1, 2]


def _iou(boxes, anchors):
    """[N, A], the long way."""
    low = np.maximum(boxes[:, None, :2], anchors[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], anchors[None, :, 2:])
    inter = np.prod((high - low).clip(0), axis=-1)
    areas = [np.prod(one[:, 2:] - one[:, :2], axis=1) for one in (boxes, anchors)]
    return inter / (areas[0][:, None] + areas[1][None] - inter)


def _load(path, **overrides):
    from odapi_ssd.config.files import load_config

    return load_config(path, [f"{key}={value}" for key, value in overrides.items()])


def _report(config, output_dir, **options):
    from odapi_ssd.inspection.anchors.report import report_anchors

    return report_anchors(config, output_dir, **options)


def _resizer(config, text):
    """The config with another image_resizer."""
    from google.protobuf import text_format

    config.model.ssd.image_resizer.Clear()
    text_format.Parse(text, config.model.ssd.image_resizer)
    return config


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def records(tmp_path, api) -> Path:
    """One record: a 200x100 (height, width) picture with three boxes, one without area."""
    import io

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


@pytest.mark.tf
@pytest.mark.usefixtures("api")
class TestGeometry:
    @pytest.mark.parametrize("size_hw", [(200, 100), (100, 200), (33, 77), (480, 640)])
    @pytest.mark.parametrize(
        ("resizer", "expected"),
        [
            ("fixed_shape_resizer { height: 96 width: 128 }", lambda h, w: ((96, 128),) * 2),
            ("identity_resizer {}", lambda h, w: ((h, w), (h, w))),
            (
                "pad_to_multiple_resizer { multiple: 64 }",
                lambda h, w: ((h, w), (-(-h // 64) * 64, -(-w // 64) * 64)),
            ),
        ],
        ids=["fixed", "identity", "multiple"],
    )
    def test_where_an_image_lies(self, tiny_config_path, size_hw, resizer, expected):
        from odapi_ssd.inspection.anchors.geometry import AnchorGeometry

        geometry = AnchorGeometry(_resizer(_load(tiny_config_path), resizer))
        placement = geometry.place(size_hw)
        assert (placement.content_hw, placement.input_hw) == expected(*size_hw)
        _, resized = geometry.resize(np.zeros((*size_hw, 3), np.uint8))
        assert resized == placement

    def test_the_aspect_ratio_kept_and_padded(self, tiny_config_path):
        from odapi_ssd.inspection.anchors.geometry import AnchorGeometry

        kept = "keep_aspect_ratio_resizer { min_dimension: 64 max_dimension: 128 %s }"
        padded = _resizer(_load(tiny_config_path), kept % "pad_to_max_dimension: true")
        geometry = AnchorGeometry(padded)
        assert not geometry.input_varies
        placement = geometry.place((200, 100))
        assert (placement.content_hw, placement.input_hw) == ((128, 64), (128, 128))
        pixels, _ = geometry.resize(np.full((200, 100, 3), 250, np.uint8))
        assert pixels.shape == (128, 128, 3)
        assert pixels[:, :64].min() == 250
        assert pixels[:, 64:].max() == 0
        geometry = AnchorGeometry(_resizer(_load(tiny_config_path), kept % ""))
        assert geometry.input_varies
        assert geometry.place((200, 100)).input_hw == (128, 64)

    def test_the_model_s_own_anchors(self, tiny_config_path):
        """On the non-square input of the fixture, and of an extractor whose maps must be asked."""
        import tensorflow as tf
        from object_detection.builders import model_builder

        from odapi_ssd.inspection.anchors import geometry as geometry_module

        config = _load(tiny_config_path)
        model = model_builder.build(config.model, is_training=False)
        model.predict(tf.zeros([1, 96, 128, 3]), tf.constant([[96, 128, 3]]))
        expected = model.anchors.get().numpy() * [96, 128, 96, 128]
        geometry = geometry_module.AnchorGeometry(config)
        np.testing.assert_allclose(geometry.spec_px((96, 128)).boxes_yxyx(), expected, atol=1e-3)
        asked = geometry_module.AnchorGeometry(config)
        assert asked._grids_of_built_model((96, 128)) == asked._grids((96, 128))

    def test_an_extractor_of_this_project_says_its_maps(self):
        from odapi_ssd.config.files import load_config
        from odapi_ssd.config.templates import find_template
        from odapi_ssd.inspection.anchors.geometry import AnchorGeometry

        config = load_config(find_template("ssd_vgg_voc"))
        geometry = AnchorGeometry(config)
        expected = preset("ssd300_voc").boxes_yxyx() * 300
        np.testing.assert_allclose(geometry.spec_px((300, 300)).boxes_yxyx(), expected, atol=1e-3)
        assert geometry._built_model is None
        with pytest.raises(OdapiError, match="image_resizer do not go together: an input of 200x"):
            geometry.spec_px((200, 300))
        config.model.ssd.feature_extractor.num_layers = 9
        with pytest.raises(OdapiError, match="num_layers asks for 9"):
            AnchorGeometry(config).spec_px((300, 300))


@pytest.mark.tf
@pytest.mark.usefixtures("api")
class TestReport:
    def test_a_record_by_hand(self, tiny_config_path, records, tmp_path):
        """128x128 with padding: the picture takes 128x64, its first box the upper 64x64.

        Layer 2 has a cell there, whose square of 76.8 holds it: 64² / 76.8² is 0.69.
        """
        config = _load(tiny_config_path, **{TRAIN: records})
        kept = "keep_aspect_ratio_resizer { min_dimension: 64 max_dimension: 128 "
        _resizer(config, kept + "pad_to_max_dimension: true }")
        report = _report(config, tmp_path / "out", split="train")
        content = json.loads((tmp_path / "out" / "anchors.json").read_text())
        assert report.input_hw == (128, 128)
        assert any("1 box has no area" in one for one in report.warnings)
        small, medium, large, every = report.counts.by_size
        assert (small.num_boxes, medium.num_boxes, large.num_boxes) == (1, 1, 0)
        assert (every.num_boxes, every.num_caught) == (2, 1)
        (entry,) = content["not_caught"]
        assert (entry["image"], entry["class_name"]) == ("tall.png", "b")
        # Of 200x100 pixels; in 128x64 it is 3.2 a side, centerd at (72, 40) as a cell of layer 0,
        # whose smallest anchor has a side of 0.1 · 128 and holds it.
        assert entry["box_yxyx_px"] == pytest.approx([110, 60, 115, 65], abs=1e-3)
        assert entry["size_hw_input_px"] == pytest.approx([3.2, 3.2], abs=1e-3)
        assert entry["nearest_shape"] == {"layer_idx": 0, "size_hw_px": [12.8, 12.8]}
        assert entry["best_iou"] == entry["best_iou_if_centerd"]
        assert entry["best_iou"] == pytest.approx(3.2**2 / 12.8**2, abs=1e-4)
        assert _names(tmp_path / "out") == [
            "anchor_catches.png", "anchors.json", "anchors.png", "box_sizes.png"
        ]  # fmt: skip

    def test_all_shapes_and_boxes_of_a_data_set(self, tiny_config_path, records_dir, tmp_path):
        summary = json.loads((records_dir / "dataset.json").read_text())["splits"]
        config = _load(tiny_config_path)
        progress = RecordedProgress()
        report = _report(config, tmp_path / "out", progress=progress)
        assert report.input_hw == (96, 128)
        assert report.warnings == ()
        num_images = summary["train"]["num_examples"]
        assert report.counts.num_images == num_images
        assert progress.counts == [(number, num_images) for number in range(1, num_images + 1)]
        every = report.counts.by_size[-1]
        assert every.num_boxes == summary["train"]["num_objects"]
        assert sum(row.num_boxes for row in report.counts.by_size[:-1]) == every.num_boxes
        assert sum(shape.num_best for shape in report.shapes) == every.num_caught > 0
        assert all(shape.num_best <= shape.num_caught for shape in report.shapes)
        assert sum(shape.num_anchors for shape in report.shapes) == report.num_anchors
        content = json.loads((tmp_path / "out" / "anchors.json").read_text())
        assert len(content["not_caught"]) == every.num_boxes - every.num_caught
        assert all(one["best_iou"] < 0.5 for one in content["not_caught"])
        val = _report(config, tmp_path / "out", split="val")
        assert val.counts.num_images == summary["val"]["num_examples"]

    def test_as_many_as_the_api_matches(self, tiny_config_path, records_dir, tmp_path):
        """The boxes that have an anchor at IoU 0.5, counted with the API's own IoU and anchors."""
        import tensorflow as tf
        from object_detection.builders import anchor_generator_builder

        config = _load(tiny_config_path)
        grids = [(6, 8), (3, 4), (2, 2), (1, 1)]
        generator = anchor_generator_builder.build(config.model.ssd.anchor_generator)
        layers = generator.generate(grids, im_height=96, im_width=128)
        anchors = np.concatenate([one.get().numpy() for one in layers]).astype(np.float64)
        num_caught = 0
        for path in sorted(records_dir.glob("train.record-*")):
            for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
                feature = tf.train.Example.FromString(record).features.feature
                sides = [feature[f"image/object/bbox/{side}"].float_list.value
                         for side in ("ymin", "xmin", "ymax", "xmax")]  # fmt: skip
                boxes = np.array(sides, np.float64).T
                num_caught += int((_iou(boxes, anchors).max(axis=1) >= 0.5).sum())
        report = _report(config, tmp_path)
        assert report.counts.by_size[-1].num_caught == num_caught

    def test_sizes_that_vary(self, tiny_config_path, records_dir, tmp_path):
        """Every image is its own input, so that all boxes keep their size in pixels."""
        config = _resizer(_load(tiny_config_path), "identity_resizer {}")
        report = _report(config, tmp_path)
        assert any("varies from image to image" in one for one in report.warnings)
        content = json.loads((tmp_path / "anchors.json").read_text())
        for entry in content["not_caught"]:
            ymin, xmin, ymax, xmax = entry["box_yxyx_px"]
            assert entry["size_hw_input_px"] == pytest.approx([ymax - ymin, xmax - xmin], abs=1e-3)
        # The shapes are squares drawn in 0.25 to 0.5 of the shorter side, as anchors of layers 0
        # to 2 are: far from all are missed, and far from all are caught.
        every = report.counts.by_size[-1]
        assert 0 < every.num_caught < every.num_boxes
        assert len(content["not_caught"]) == every.num_boxes - every.num_caught

    def test_without_records_there_are_the_anchors(self, tiny_config_path, tmp_path):
        """On a plain canvas; what an earlier call counted is out of date and goes."""
        (tmp_path / "box_sizes.png").write_text("old")
        (tmp_path / "mine.png").write_text("mine")
        report = _report(_load(tiny_config_path, **{TRAIN: tmp_path / "none*"}), tmp_path)
        assert report.counts is None
        assert any("matches no file" in one for one in report.warnings)
        assert _names(tmp_path) == ["anchors.json", "anchors.png", "mine.png"]

    def test_the_matcher_decides(self, tiny_config_path, records_dir, tmp_path):
        argmax = "model.ssd.matcher.argmax_matcher"
        strict = {f"{argmax}.matched_threshold": 0.95, f"{argmax}.force_match_for_each_row": False}
        report = _report(_load(tiny_config_path, **strict), tmp_path)
        assert report.threshold == pytest.approx(0.95)
        assert not report.is_forced
        usual = _report(_load(tiny_config_path), tmp_path)
        assert report.counts.by_size[-1].num_caught < usual.counts.by_size[-1].num_caught

    def test_more_boxes_than_are_drawn(self, tmp_path):
        from odapi_ssd.inspection.anchors.plots import MAX_BOXES_DRAWN, draw_box_sizes

        count = 2 * MAX_BOXES_DRAWN
        sizes = np.full((count, 2), 20.0)
        draw_box_sizes(tmp_path / "b.png", sizes, np.arange(count) % 3 == 0, SPEC, 0.5)
        assert Image.open(tmp_path / "b.png").size[0] > 500


@pytest.mark.tf
@pytest.mark.usefixtures("api")
class TestBadInput:
    def _refused(self, config, tmp_path, match, **options):
        with pytest.raises(OdapiError, match=match):
            _report(config, tmp_path / "out", **options)
        assert not (tmp_path / "out").exists()

    def test_no_ssd(self, tiny_config_path, tmp_path):
        config = _load(tiny_config_path)
        config.model.Clear()
        self._refused(config, tmp_path, "model is not set")
        config.model.faster_rcnn.num_classes = 3
        self._refused(config, tmp_path, "model is faster_rcnn; only an SSD")

    def test_no_anchor_generator(self, tiny_config_path, tmp_path):
        config = _load(tiny_config_path)
        config.model.ssd.anchor_generator.Clear()
        self._refused(config, tmp_path, "anchor_generator is not set")

    def test_another_number_of_layers(self, tiny_config_path, tmp_path):
        config = _load(tiny_config_path, **{f"{SSD_ANCHORS}.num_layers": 3})
        self._refused(config, tmp_path, "anchors for 3 feature maps, but 4 given")

    def test_no_resizer(self, tiny_config_path, tmp_path):
        config = _load(tiny_config_path)
        config.model.ssd.image_resizer.Clear()
        self._refused(config, tmp_path, "image_resizer cannot be built")

    def test_too_small_an_input(self, tiny_config_path, tmp_path):
        config = _load(tiny_config_path, **{f"{FIXED}.height": 20})
        self._refused(config, tmp_path, "20x128; ssd_mobilenet_v2_keras takes no side under 33")

    def test_an_extractor_that_nobody_knows(self, tiny_config_path, tmp_path):
        config = _load(tiny_config_path, **{"model.ssd.feature_extractor.type": "ssd_magic"})
        self._refused(config, tmp_path, "cannot be built.*ssd_magic")

    def test_images(self, tiny_config_path, tmp_path):
        config = _load(tiny_config_path)
        self._refused(config, tmp_path, "none.jpg: cannot be read", image_path=Path("none.jpg"))
        path = tmp_path / "text.jpg"
        path.write_text("no picture")
        self._refused(config, tmp_path, "text.jpg: is no JPEG", image_path=path)

    def test_records(self, tiny_config_path, records, tmp_path):
        config = _load(tiny_config_path, **{TRAIN: records})
        content = records.read_bytes()
        records.write_bytes(content[:-20])
        self._refused(config, tmp_path, "one.record are damaged: it is cut short")
        records.write_bytes(b"")
        self._refused(config, tmp_path, "no record in .*one.record")
        absent = _load(tiny_config_path, **{TRAIN: tmp_path / "none*"})
        self._refused(absent, tmp_path, "input_path matches no file", split="train")

    def test_records_without_pictures(self, tiny_config_path, tmp_path):
        import tensorflow as tf

        path = tmp_path / "odd.record"
        with tf.io.TFRecordWriter(str(path)) as writer:
            for encoded in (b"text", b"\xff\xd8 no more", None):
                message = tf.train.Example()
                values = message.features.feature["image/encoded"].bytes_list.value
                values.extend([] if encoded is None else [encoded])
                writer.write(message.SerializeToString())
        config = _load(tiny_config_path, **{TRAIN: path})
        self._refused(config, tmp_path, "3 records cannot be used")


@pytest.mark.tf
class TestCommand:
    def _run(self, *arguments):
        return subprocess.run(
            [sys.executable, "-m", "odapi_ssd", "anchors", *map(str, arguments)],
            capture_output=True, text=True, check=False, env=os.environ,
        )  # fmt: skip

    def test_tables_and_files(self, tiny_config_path, tmp_path):
        given = ("--pipeline_config_path", tiny_config_path, "--output_dir", tmp_path)
        completed = self._run(*given, "--set", f"{SSD_ANCHORS}.min_scale=0.5")
        assert completed.returncode == 0, completed.stderr
        assert completed.stderr == ""
        assert "in pixels of the input (height 96, width 128)" in completed.stdout
        for word in ("catches", "best for", "only forced", "medium", "mean best IoU"):
            assert word in completed.stdout
        # the second shape of layer 0: half the shorter side, twice as wide as high
        assert "33.9   67.9   2.00" in completed.stdout
        assert len(_names(tmp_path)) == 4

    def test_statuses(self, tiny_config_path, tmp_path):
        given = ("--pipeline_config_path", tiny_config_path, "--output_dir", tmp_path / "out")
        assert self._run(*given, "--split", "test").returncode == 2
        completed = self._run(*given, "--image", tmp_path / "none.png")
        assert completed.returncode == 1
        assert completed.stderr.startswith("Error: none.png: cannot be read")
        assert "Traceback" not in completed.stderr
        assert not (tmp_path / "out").exists()
