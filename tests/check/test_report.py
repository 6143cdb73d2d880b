"""What a check finds, on records made by hand; one test case for each thing that it can say."""

import io
import subprocess
import sys

import pytest
from PIL import Image

from odapi_ssd.check.report import check_config, require_valid
from odapi_ssd.config.files import load_config, parse_config, save_config
from odapi_ssd.config.overrides import set_field
from odapi_ssd.errors import OdapiError
from odapi_ssd.resources import template_dir
from tests.support.config_checks import (
    ANCHORS,
    CAT,
    COSINE,
    EXTRACTOR,
    FIXED,
    RATE,
    RECORDS,
    example,
    only,
    problems,
    warnings,
    write_records,
)

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def picture(image_format, mode="RGB"):
    content = io.BytesIO()
    Image.new(mode, (40, 20)).save(content, format=image_format)
    return content.getvalue()


class TestGoodConfig:
    def test_nothing_is_found(self, config):
        report = check_config(config)
        assert report.problems == ()
        assert report.warnings == ()
        report.raise_problems()

    def test_facts(self, config):
        facts = dict(check_config(config).facts)
        assert facts["model"] == "ssd, ssd_mobilenet_v2_keras"
        assert facts["input size"] == "300x300"
        assert facts["classes"] == "2"
        # 19²·3 + (10² + 5² + 3² + 2² + 1²)·6
        assert facts["anchors"].startswith("1,917 on feature maps of 19x19, 10x10, 5x5, 3x3")
        assert facts["training examples"] == "6 in 2 files"
        assert facts["training objects"] == "6"
        assert facts["evaluation examples"] == "1 in 1 file"
        assert facts["steps"] == "100"
        assert facts["epochs"] == "50.0"
        assert facts["starts from"] == "random weights"

    def test_the_config_is_left_as_it_was(self, config):
        before = config.SerializeToString(deterministic=True)
        check_config(config)
        assert config.SerializeToString(deterministic=True) == before


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [
        (["model.ssd.num_classes=0"], "model.ssd.num_classes: is 0"),
        (["model.ssd.feature_extractor.type=ssd_mobilnet_v2_keras"],
         "'ssd_mobilnet_v2_keras', which is no feature extractor for ssd"),
        (["model.ssd.feature_extractor.type=ssd_mobilnet_v2_keras"],
         "nearest valid: ssd_mobilenet_v2_keras"),
        (["model.ssd.feature_extractor.type=ssd_mobilnet_v2_keras"],
         "ssd_efficientnet-b7_bifpn_keras"),
        (["model.ssd.feature_extractor.type=xyz"], "valid: ssd299_inception_resnet_v2_keras"),
        ([f"{ANCHORS}.ssd_anchor_generator.num_layers=5"],
         "makes anchors for 5 feature maps, but the feature extractor gives 6; set "
         "ssd_anchor_generator.num_layers (and its lists) to 6"),
        ([f"{ANCHORS}.ssd_anchor_generator.num_layers=1"], "cannot be built: float division"),
        ([f"{ANCHORS}={{}}"], "cannot be built: Empty anchor generator"),
        ([f"{FIXED}.height=32"], "takes no side under 33 pixels"),
        (["model.ssd.image_resizer={}"], "model.ssd.image_resizer: cannot be built"),
        (["model.ssd.image_resizer.keep_aspect_ratio_resizer.min_dimension=2000"],
         "min_dimension > max_dimension"),
        (["model.ssd.loss={}"], "model.ssd.loss: cannot be built"),
        (["model.ssd.matcher={}"], "model.ssd.matcher: cannot be built"),
        (["model.ssd.box_coder={}"], "model.ssd.box_coder: cannot be built"),
        (["model.ssd.similarity_calculator={}"], "similarity_calculator: cannot be built"),
        (["model.ssd.box_predictor={}"], "model.ssd.box_predictor: is not set"),
        (["model.ssd.box_predictor.weight_shared_convolutional_box_predictor.depth=8"],
         "gives [3, 6, 6, 6, 6, 6] anchors per cell"),
        (["model={}"], "model: is not set"),
        (["train_config.num_steps=0"], "train_config.num_steps: is 0"),
        (["train_config.batch_size=0"], "train_config.batch_size: is 0"),
        (["train_config.optimizer={}"], "train_config.optimizer: is not set"),
        ([f"{RATE}={{}}"], f"{RATE}: is not set"),
        ([f"{COSINE}.total_steps=60"],
         "total_steps: is 60, but num_steps is 100: the learning rate is 0 for the last 40 steps"),
        ([f"{COSINE}.warmup_steps=100"], "which leaves nothing of total_steps 100"),
        ([f"{COSINE}.warmup_learning_rate=1"], "is 1, above learning_rate_base 0.02"),
        ([f"{RATE}.manual_step_learning_rate.warmup=false"], "schedule: is empty"),
        ([f"{RATE}.manual_step_learning_rate.schedule=[{{step: 9}}, {{step: 9}}]"],
         "has steps [9, 9]"),
        (["train_config.load_all_detection_checkpoint_vars=true"], "which TF2 training refuses"),
        (["train_input_reader.num_epochs=1"],
         "is 1: 6 examples give 2 batches of 3, but num_steps is 100"),
        (["train_config.freeze_variables=['a', '(b', 'c']"],
         "freeze_variables[1]: '(b' is not a regular expression: missing ), unterminated"),
        (["train_config.update_trainable_variables='*'"],
         "update_trainable_variables[0]: '*' is not a regular expression: nothing to repeat"),
        (["train_config.data_augmentation_options=[{}]"],
         "data_augmentation_options[0]: cannot be built"),
        (["eval_config.metrics_set=coco_detection_metric"], "coco_detection_metrics"),
        ([f"{RECORDS}=PATH_TO_BE_CONFIGURED/x"], "is still 'PATH_TO_BE_CONFIGURED/x'"),
        ([f"{RECORDS}=nowhere/*.record"], "nowhere/*.record matches no file"),
        ([f"{RECORDS}=[]"], "input_path: is empty"),
        (["train_input_reader.tf_record_input_reader={}"], "input_path: is empty"),
        (["train_input_reader={}"], "tf_record_input_reader: is not set"),
        (["train_input_reader.label_map_path="], "label_map_path: is empty"),
        (["train_input_reader.label_map_path=PATH_TO_BE_CONFIGURED/l.pbtxt"], "is still"),
        (["train_input_reader.label_map_path=no.pbtxt"], "no.pbtxt does not exist"),
        (["model.ssd.num_classes=1"],
         "ids up to 2, but num_classes is 1: the model has no output for dog"),
        (["train_config.fine_tune_checkpoint=PATH_TO_BE_CONFIGURED/ckpt-0"], "is still"),
        (["train_config.fine_tune_checkpoint=no/ckpt-0"], "there is no no/ckpt-0.index"),
        (["train_config.fine_tune_checkpoint=no/ckpt-0.index"], "leave .index out: no/ckpt-0"),
        (["train_config.fine_tune_checkpoint=no", "train_config.fine_tune_checkpoint_version=V1"],
         "is V1, which TF2 training refuses"),
        (["train_config.fine_tune_checkpoint=no",
          "train_config.fine_tune_checkpoint_type=detektion"], "nearest valid: detection"),
    ],
)  # fmt: skip
def test_problems(config, assignments, expected):
    for assignment in assignments:
        set_field(config, assignment)
    assert any(expected in problem for problem in problems(config)), problems(config)


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [
        ([f"{COSINE}.total_steps=500"], "training ends before the learning rate has come down"),
        ([f"{COSINE}.total_steps=500", f"{COSINE}.warmup_steps=100"], "training is warm-up only"),
        ([f"{RATE}.manual_step_learning_rate.schedule=[{{step: 9}}, {{step: 100}}]"],
         "changes the rate at step 100, but training ends at 100"),
        ([f"{RATE}.exponential_decay_learning_rate.decay_steps=101"], "before the rate decays"),
        (["train_config.batch_size=7"], "there are only 6 examples"),
        (["train_config.freeze_variables=a"], "freeze_variables: is set, but no fine_tune_ch"),
        (["train_config.update_trainable_variables=a"], "what is frozen stays random"),
        (["train_config.use_bfloat16=true"], "use_bfloat16: is true"),
        (["graph_rewriter.quantization.delay=1"], "nothing is trained for quantization"),
        (["model.ssd.post_processing.score_converter=SOFTMAX"],
         "is SOFTMAX, but the model is trained with weighted_sigmoid_focal"),
        (["model.ssd.loss.hard_example_miner.iou_threshold=0.99",
          "model.ssd.loss.classification_loss={ weighted_sigmoid {} }"],
         "iou_threshold: is 0.99: mining suppresses predictions"),
        (["model.ssd.loss.classification_loss={ weighted_softmax {} }",
          "model.ssd.post_processing.score_converter=SOFTMAX"],
         "with weighted_softmax the background is a class"),
        (["model.ssd.num_classes=5"], "3 outputs of the model stay unused"),
        (["train_input_reader.max_number_of_boxes=1"], "is 1, but an image has 2 objects"),
        (["eval_input_reader[1]={ label_map_path: 'a' }"], "is there 2 times"),
    ],
)  # fmt: skip
def test_warnings(config, assignments, expected):
    for assignment in assignments:
        set_field(config, assignment)
    assert any(expected in warning for warning in warnings(config)), warnings(config)


class TestRecords:
    FIRST = "train.record-00000-of-00002"

    def test_a_file_cut_short(self, config, data):
        path = data / self.FIRST
        path.write_bytes(path.read_bytes()[:-5])
        size = path.stat().st_size
        assert f"{path}: it is cut short within record 3, at byte {size}" in only(problems(config))

    def test_a_file_cut_within_a_header(self, config, data):
        path = data / self.FIRST
        length = len(path.read_bytes()) // 4
        path.write_bytes(path.read_bytes()[: length + 3])
        assert "it ends within record 1" in only(problems(config))

    def test_a_damaged_length(self, config, data):
        path = data / self.FIRST
        content = bytearray(path.read_bytes())
        content[len(content) // 4] ^= 1
        path.write_bytes(content)
        assert "record 1 is damaged" in only(problems(config))

    def test_damaged_data(self, config, data):
        path = data / self.FIRST
        content = bytearray(path.read_bytes())
        content[len(content) // 2 + 20] ^= 1
        path.write_bytes(content)
        assert f"{path}, record 2: " in only(problems(config))

    def test_a_file_of_another_kind(self, config, data):
        (data / self.FIRST).write_text("an annotation, not a record")
        assert "it is not a TFRecord file" in only(problems(config))

    def test_no_record_at_all(self, config, data):
        for path in data.glob("train.record-*"):
            path.write_bytes(b"")
        assert f"no record in {data}/train.record-00000-of-00002" in only(problems(config))

    def test_an_absent_shard(self, config, data):
        (data / self.FIRST).unlink()
        assert f"1 shard is absent: {data / self.FIRST}" in only(problems(config))

    def test_a_pattern_that_means_one_shard_misses_no_other(self, config, data):
        set_field(config, f"{RECORDS}={data / self.FIRST}")
        assert problems(config) == []

    def test_shards_of_two_conversions(self, config, data):
        write_records(data / "train.record-00000-of-00001", example(CAT))
        assert "(-of-00001 and -of-00002)" in only(warnings(config))

    def test_a_folder(self, config, data):
        (data / "folder").mkdir()
        set_field(config, f"{RECORDS}={data}/folder")
        assert f"{data}/folder is a folder" in only(problems(config))

    def test_no_objects(self, config, data):
        for path in data.glob("train.record-*"):
            write_records(path, example())
        assert "no record has an object" in only(problems(config))

    @pytest.mark.parametrize(
        ("make", "expected"),
        [
            (lambda: b"\xff\xff\xff", "record 0 is not a tf.train.Example"),
            (lambda: example(CAT, encoded=b""), "record 0 has nothing under the key image/encoded"),
            (lambda: example(CAT, encoded=b"text"),
             "record 0 has no picture that the API decodes under the key image/encoded, expected "
             "one JPEG, PNG or BMP (of 8, 24 or 32 bits per pixel)"),
            (lambda: example(CAT, encoded=picture("GIF")),
             "record 0 has a GIF under the key image/encoded, expected one JPEG, PNG or BMP"),
            (lambda: example(CAT, encoded=picture("BMP", "1")),
             "record 0 has a BMP with 1 bits per pixel"),
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
    def test_bad_contents(self, config, data, make, expected):
        path = data / self.FIRST
        write_records(path, make())
        found = problems(config)
        assert any(expected.format(path=path) in problem for problem in found), found

    @pytest.mark.parametrize(
        ("image_format", "mode"),
        [("JPEG", "RGB"), ("PNG", "RGBA"), ("BMP", "RGB"), ("BMP", "L"), ("BMP", "1"),
         ("GIF", "P"), ("WEBP", "RGB")],
    )  # fmt: skip
    def test_what_the_api_decodes_is_accepted_and_nothing_else(
        self, config, data, image_format, mode
    ):
        import tensorflow as tf
        from object_detection.data_decoders.tf_example_decoder import TfExampleDecoder

        record = example(CAT, encoded=picture(image_format, mode))
        write_records(data / self.FIRST, record)
        try:
            TfExampleDecoder().decode(tf.constant(record))
        except (ValueError, tf.errors.InvalidArgumentError):
            assert "under the key image/encoded" in only(problems(config))
        else:
            assert problems(config) == []

    def test_ids_without_texts_are_fine(self, config, data):
        write_records(data / self.FIRST, example((None, 2, 0, 0, 1, 1)))
        assert problems(config) == []

    def test_a_box_at_the_edge_is_inside(self, config, data):
        write_records(data / self.FIRST, example(("cat", 1, 0.0, 0.0, 1.0000001, 1.0)))
        assert problems(config) == []

    @pytest.mark.parametrize("box", [(0.5, 0, 0.5, 1), (0, 1, 1, 0)])
    def test_boxes_without_area(self, config, data, box):
        write_records(data / self.FIRST, example(("cat", 1, *box)))
        assert "1 box has no area" in only(warnings(config))

    def test_ids_of_another_label_map(self, config, data):
        write_records(data / self.FIRST, example(("cat", 2, 0, 0, 1, 1)))
        assert "'cat' 1, 2 instead of 1" in only(warnings(config))

    def test_a_large_dataset_is_read_in_part(self, config, monkeypatch):
        from odapi_ssd.check import inputs

        monkeypatch.setattr(inputs, "_MAX_BYTES_READ", 1)
        facts = dict(check_config(config).facts)
        assert facts["training examples"] == "6 in 2 files, 2 of them read"


class TestLabelMap:
    def test_display_names_count_as_names(self, config, data):
        (data / "labels.pbtxt").write_text(
            "item { id: 1 name: '/m/1' display_name: 'cat' }"
            "item { id: 2 name: '/m/2' display_name: 'dog' }"
        )
        assert problems(config) == []

    def test_one_that_does_not_parse(self, config, data):
        (data / "labels.pbtxt").write_text("item { id: 1 nam: 'cat' }")
        assert all("labels.pbtxt does not parse: 1:14" in problem for problem in problems(config))
        assert len(problems(config)) == 2

    def test_another_one_for_evaluation(self, config, data):
        (data / "other.pbtxt").write_text("item { id: 2 name: 'cat' } item { id: 1 name: 'dog' }")
        set_field(config, f"eval_input_reader[0].label_map_path={data}/other.pbtxt")
        assert "holds other classes or ids than that of train_input_reader" in only(
            problems(config)
        )


class TestAnchors:
    def _efficientdet(self, *assignments):
        config = load_config(template_dir() / "efficientdet_d0_voc.config", assignments)
        report = check_config(config)
        return [str(problem) for problem in report.problems if problem.path.startswith("model")]

    def test_the_template_fits(self):
        assert self._efficientdet() == []

    def test_a_size_that_the_pyramid_does_not_take(self):
        found = self._efficientdet(f"{FIXED}={{ height: 300 width: 512 }}")
        assert "merges levels 3 to 7" in only(found)
        assert "multiples of 128, not 300x512 (nearest: 256, 384, 512, 640)" in only(found)

    def test_other_levels_than_the_pyramid(self):
        found = self._efficientdet(f"{ANCHORS}.multiscale_anchor_generator.max_level=6")
        assert "makes anchors for 4 feature maps, but the feature extractor gives 5" in only(found)
        level = f"{ANCHORS}.multiscale_anchor_generator."
        found = self._efficientdet(f"{level}min_level=4", f"{level}max_level=8")
        assert "has levels 4 to 8, the feature pyramid 3 to 7" in only(found)


class TestExtractorsOfThisProject:
    def _report(self, *assignments):
        return check_config(load_config(template_dir() / "ssd_resnet50_v1_voc.config", assignments))

    def _problems(self, *assignments):
        found = self._report(*assignments).problems
        return [str(problem) for problem in found if problem.path.startswith("model")]

    def test_the_template_fits(self):
        assert self._problems() == []
        # 19²·4 + (10² + 10² + 5²)·6 + (3² + 1²)·4
        assert dict(self._report().facts)["anchors"].startswith("2,834 on feature maps of 19x19,")

    @pytest.mark.parametrize(
        ("assignments", "expected"),
        [
            ([f"{EXTRACTOR}.num_layers=7"],
             f"{EXTRACTOR}: cannot be built: SSD300ResNet50V1 makes 1 to 6 feature maps; "
             "feature_extractor.num_layers asks for 7"),
            ([f"{EXTRACTOR}.num_layers=0"], "num_layers asks for 0"),
            ([f"{EXTRACTOR}.num_layers=4"],
             "makes anchors for 6 feature maps, but the feature extractor gives 4; give it one "
             "anchor_grid for each, 4 in all"),
            ([f"{EXTRACTOR}.depth_multiplier=0.5"],
             f"{EXTRACTOR}: cannot be built: ResNet50 comes in one width; "
             "feature_extractor.depth_multiplier must be 1, not 0.5"),
            ([f"{EXTRACTOR}.type=ssd300_mobilenet_v1_keras", f"{EXTRACTOR}.depth_multiplier=0"],
             "depth_multiplier must be above 0, not 0"),
            ([f"{FIXED}.height=256"],
             "model.ssd.image_resizer: does not fit: an input of 256x300 pixels is too small for "
             "6 feature maps of ResNet50; each side must have 257 pixels or more"),
            ([f"{EXTRACTOR}.type=ssd300_mobilenet_v2_keras", f"{FIXED}.width=32"],
             "an input of 300x32 pixels is too small for 6 feature maps of MobileNetV2"),
            ([f"{EXTRACTOR}.fpn={{}}"],
             f"{EXTRACTOR}.fpn: is set, but ssd300_resnet50_v1_keras has no use for it; remove it"),
            ([f"{EXTRACTOR}.bifpn={{}}"], f"{EXTRACTOR}.bifpn: is set"),
            ([f"{EXTRACTOR}.replace_preprocessor_with_placeholder=false"],
             f"{EXTRACTOR}.replace_preprocessor_with_placeholder: is set"),
            ([f"{EXTRACTOR}.spaghettinet_arch_name=a"],
             f"{EXTRACTOR}.spaghettinet_arch_name: is set"),
        ],
    )  # fmt: skip
    def test_problems(self, assignments, expected):
        assert expected in only(self._problems(*assignments))

    def test_strides_for_another_input_size(self):
        warnings = [
            str(warning)
            for warning in self._report(f"{FIXED}={{ height: 512 width: 512 }}").warnings
            if warning.path == ANCHORS
        ]
        # On the last map of 4x4 cells with a stride of 300 pixels, the centers lie at 150, 450, 750
        # and 1050: 12 of 16 cells, with 4 anchors each of at most 374 pixels, are beyond 512.
        assert "puts 48 of 7,760 anchors beyond the image" in only(warnings)
        assert "not for an input of 512x512" in only(warnings)

    def test_padding_counts(self):
        # 200 is padded to 257: 17, 9, 9, 5, 3, 1
        report = self._report(f"{FIXED}.height=200", f"{EXTRACTOR}.pad_to_multiple=257")
        facts = dict(report.facts)
        assert facts["anchors"].endswith("of 17x33, 9x17, 9x17, 5x9, 3x7, 1x5")

    def test_a_field_that_changes_nothing(self):
        warnings = self._report(f"{EXTRACTOR}.use_explicit_padding=true").warnings
        found = [str(warning) for warning in warnings if warning.path.startswith("model")]
        assert f"{EXTRACTOR}.use_explicit_padding: is true, but" in only(found)


class TestPurpose:
    def test_training_does_without_evaluation(self, config):
        del config.eval_input_reader[:]
        report = require_valid(config, for_training=True)
        assert "there is nothing to evaluate on" in str(only(report.warnings))
        with pytest.raises(OdapiError, match="there is nothing to evaluate on"):
            require_valid(config, for_training=False)

    def test_evaluation_does_without_training(self, config):
        config.ClearField("train_input_reader")
        config.ClearField("train_config")
        require_valid(config, for_training=False)
        with pytest.raises(OdapiError):
            require_valid(config, for_training=True)

    def test_steps_that_are_asked_for_may_outlast_the_schedule(self, config):
        assert "learning rate is 0 for the last 20 steps" in only(warnings(config, train_steps=120))
        assert problems(config, train_steps=120) == []
        assert config.train_config.num_steps == 100
        config.train_config.num_steps = 0
        assert problems(config, train_steps=100) == []

    @pytest.mark.parametrize(
        "assignment",
        ["freeze_variables='('", "update_trainable_variables=a", "bias_grad_multiplier=2"],
    )
    def test_the_api_s_own_loop_ignores_what_ours_honors(self, config, assignment):
        set_field(config, "train_config.bias_grad_multiplier=0")
        set_field(config, f"train_config.{assignment}")
        assert not any("own loop" in warning for warning in warnings(config))
        name = assignment.partition("=")[0]
        warning = only(warnings(config, use_api_loop=True))
        assert f"train_config.{name}: is set, but the API's own loop ignores it" in warning
        assert problems(config, use_api_loop=True) == []

    def test_one_error_names_all_problems(self, config):
        set_field(config, "train_config.num_steps=0")
        set_field(config, "train_config.batch_size=0")
        with pytest.raises(OdapiError, match=r"a\.config has 2 problems") as caught:
            require_valid(config, source="a.config")
        assert len(caught.value.details) == 2

    def test_evaluation_on_the_training_files(self, config, data):
        set_field(config, f"eval_input_reader[0].tf_record_input_reader.input_path={data}/train*")
        assert "are trained on as well" in only(warnings(config))


class TestOtherModels:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("faster_rcnn { num_classes: 2 image_resizer { identity_resizer {} } "
             "feature_extractor { type: 'faster_rcnn_resnet_50_keras' } }",
             "nearest valid: faster_rcnn_resnet50_keras"),
            ("center_net { num_classes: 2 image_resizer { identity_resizer {} } "
             "feature_extractor { type: 'hourglass_103' } }", "nearest valid: hourglass_10"),
        ],
    )  # fmt: skip
    def test_feature_extractors(self, config, text, expected):
        config.model.CopyFrom(parse_config(f"model {{ {text} }}").model)
        assert expected in only(problems(config))

    @pytest.mark.parametrize(
        ("kept", "batch_size", "num_warnings"),
        [
            ("min_dimension: 600 max_dimension: 1024", 1, 0),
            ("min_dimension: 600 max_dimension: 1024", 2, 1),
            ("min_dimension: 600 max_dimension: 1024 pad_to_max_dimension: true", 2, 0),
        ],
    )
    def test_images_of_different_sizes_make_no_batch(self, config, kept, batch_size, num_warnings):
        resizer = f"image_resizer {{ keep_aspect_ratio_resizer {{ {kept} }} }}"
        extractor = "feature_extractor { type: 'faster_rcnn_resnet50_keras' }"
        text = f"model {{ faster_rcnn {{ num_classes: 2 {resizer} {extractor} }} }}"
        config.model.CopyFrom(parse_config(text).model)
        config.train_config.batch_size = batch_size
        told = [str(warning) for warning in check_config(config).warnings]
        assert len(told) == num_warnings
        assert all("which cannot make a batch" in warning for warning in told)


def test_the_command(config, data):
    save_config(config, data / "a.config")

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "odapi_ssd", "check", "--pipeline_config_path",
             str(data / "a.config"), *arguments],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    done = run()
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("OK\n")
    assert "1,917" in done.stdout
    done = run("--set", "train_config.num_steps=0")
    assert done.returncode == 1
    assert "train_config.num_steps: is 0" in done.stderr
    assert "Traceback" not in done.stderr
