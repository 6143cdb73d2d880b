"""Export: the SavedModel alone gives what the checkpoint gives; nothing is half-written."""

import shutil

import numpy as np
import pytest
from PIL import Image

from odapi_ssd.checkpoints.contents import require_detector
from odapi_ssd.checkpoints.trained_config import NOTE_NAME
from odapi_ssd.config.files import load_config, save_config
from odapi_ssd.deployment import export as exporting
from odapi_ssd.errors import OdapiError
from odapi_ssd.outputs.folder import output_folder
from odapi_ssd.outputs.manifest import MANIFEST_NAME
from tests.support.exported_models import (
    assert_same_detections,
    detect_in_plain_tensorflow,
    detect_with_checkpoint,
)
from tests.support.recorded_progress import RecordedProgress
from tests.support.runs import assert_same_kernels, kernels
from tests.support.saved_checkpoints import write_run
from tests.support.small_disk import small_disk

pytestmark = [pytest.mark.tf, pytest.mark.slow]


@pytest.fixture(scope="module")
def image_path(shapes_dir):
    """An image that is not square."""
    path = sorted((shapes_dir / "JPEGImages").glob("*.jpg"))[0]
    with Image.open(path) as image:
        assert image.width != image.height
    return path


def test_plain_tensorflow_gives_what_the_checkpoint_gives(trained_run, exported_dir, image_path):
    exported = detect_in_plain_tensorflow(exported_dir / "saved_model", image_path)
    config_path, model_dir = trained_run.config_path, trained_run.model_dir
    assert_same_detections(exported, detect_with_checkpoint(config_path, model_dir, image_path))


def test_the_export_is_complete(exported_dir, records_dir, trained_run):
    assert sorted(path.name for path in exported_dir.iterdir()) == [
        MANIFEST_NAME,
        "checkpoint",
        "label_map.pbtxt",
        "pipeline.config",
        "saved_model",
    ]
    label_map = (records_dir / "label_map.pbtxt").read_text()
    assert (exported_dir / "label_map.pbtxt").read_text() == label_map
    assert load_config(exported_dir / "pipeline.config") == load_config(trained_run.config_path)
    # The export was made elsewhere and moved: its checkpoint must be found where it is now.
    checkpoint = require_detector(exported_dir / "checkpoint")
    assert checkpoint == str(exported_dir / "checkpoint" / "ckpt-0")


def _flags(run, output, **changes):
    return {
        "pipeline_config_path": str(run.config_path),
        "trained_checkpoint_dir": str(run.model_dir),
        "output_directory": str(output),
        **changes,
    }


def _earlier_export(folder):
    """What an earlier export might have written; returns its SavedModel's folder."""
    with output_folder("output_directory", folder, "export") as outputs:
        (outputs.staging / "saved_model").mkdir()
        for name in ("saved_model/saved_model.pb", "saved_model/stale", "label_map.pbtxt"):
            (outputs.staging / name).write_text("earlier")
        outputs.publish()
    return folder / "saved_model"


def test_the_api_s_exporter_restores_our_checkpoint_too(trained_run, tmp_path, image_path):
    """`exporter_lib_v2` as it is, called as its own program calls it."""
    import odapi_ssd

    odapi_ssd.register()
    from object_detection import exporter_lib_v2

    config_path, model_dir = trained_run.config_path, trained_run.model_dir
    exporter_lib_v2.export_inference_graph(
        "image_tensor", load_config(config_path), str(model_dir), str(tmp_path)
    )
    exported = detect_in_plain_tensorflow(tmp_path / "saved_model", image_path)
    assert_same_detections(exported, detect_with_checkpoint(config_path, model_dir, image_path))


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_run_is_not_exported_over_itself(trained_run, overwrite):
    with pytest.raises(OdapiError, match="holds a training run"):
        exporting.export(_flags(trained_run, trained_run.model_dir), overwrite=overwrite)
    assert require_detector(trained_run.model_dir).endswith("ckpt-3")


@pytest.mark.parametrize(
    "name", ["pipeline.config", "label_map.pbtxt", "saved_model/mine", "checkpoint/mine"]
)
def test_a_user_s_files_are_in_the_way(trained_run, tmp_path, name):
    """Said before anything else, such as that there is no checkpoint."""
    path = tmp_path / "out" / name
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    flags = _flags(trained_run, tmp_path / "out", trained_checkpoint_dir=str(tmp_path))
    with pytest.raises(OdapiError, match=f"did not write, .*{path}"):
        exporting.export(flags)
    with pytest.raises(OdapiError, match="holds no checkpoint"):
        exporting.export(flags, overwrite=True)
    assert path.read_text() == "mine"


def test_into_the_folder_of_its_own_config(trained_run, tmp_path):
    """The config is refused; the label map alone, which stays as it is, would not be."""
    folder = tmp_path / "project"
    folder.mkdir()
    config = load_config(trained_run.config_path)
    shutil.copy(config.train_input_reader.label_map_path, folder / "label_map.pbtxt")
    fields = ("train_input_reader", "eval_input_reader[0]")
    overrides = [f"{field}.label_map_path={folder}/label_map.pbtxt" for field in fields]
    config = load_config(trained_run.config_path, overrides)
    save_config(config, folder / "pipeline.config", "mine")
    flags = _flags(trained_run, folder, pipeline_config_path=str(folder / "pipeline.config"))
    with pytest.raises(OdapiError, match=r"edited since: [^ ]*/pipeline\.config\. Nothing"):
        exporting.export(flags)
    assert (folder / "pipeline.config").read_text().startswith("# mine")
    assert sorted(path.name for path in folder.iterdir()) == ["label_map.pbtxt", "pipeline.config"]


def test_no_checkpoint_is_said_and_nothing_written(trained_run, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    flags = _flags(trained_run, tmp_path / "out", trained_checkpoint_dir=str(empty))
    with pytest.raises(OdapiError, match="holds no checkpoint"):
        exporting.export(flags)
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


@pytest.mark.parametrize("state", [None, b"\xff", b'model_checkpoint_path: "ckpt-2"'])
def test_the_program_gets_exactly_the_checkpoint(tmp_path, api, state):
    """Whatever the folder's own state file says."""
    import tensorflow as tf

    first = write_run(tmp_path / "run")[0]
    (tmp_path / "run" / "checkpoint").unlink()
    if state is not None:
        (tmp_path / "run" / "checkpoint").write_bytes(state)
    with exporting._folder_with_newest(first) as folder:
        assert tf.train.latest_checkpoint(folder) == first


def test_a_full_disk_is_named_and_nothing_is_left(trained_run, tmp_path):
    with small_disk(tmp_path / "disk", 2**20) as disk:
        if disk.preexec_fn is not None:
            pytest.skip("no file system can be mounted here")
        with pytest.raises(OdapiError) as caught:
            exporting.export(_flags(trained_run, disk.path / "out"))
        left = list(disk.path.rglob("*"))
    assert caught.value.problem.startswith(f"The export cannot be written to {disk.path}/out: ")
    assert caught.value.problem.endswith(": the disk is full.")
    assert left == []


def test_an_earlier_checkpoint_can_be_named(trained_run, tmp_path):
    earlier = trained_run.model_dir / "ckpt-2"
    flags = _flags(trained_run, tmp_path / "out", trained_checkpoint_dir=f"{earlier}.index")
    exporting.export(flags)
    exported = kernels(tmp_path / "out" / "checkpoint" / "ckpt-0")
    assert_same_kernels(exported, kernels(earlier))
    newest = kernels(trained_run.model_dir)
    assert not all(np.array_equal(kernel, newest[name]) for name, kernel in exported.items())


def test_another_model_s_checkpoint_is_refused_and_an_earlier_export_stays(
    trained_run, run_without_note, tmp_path
):
    earlier = _earlier_export(tmp_path / "out") / "saved_model.pb"
    override = "model { ssd { num_classes: 7 } }"
    changes = {"config_override": override, "trained_checkpoint_dir": str(run_without_note)}
    with pytest.raises(OdapiError, match="does not fit the model"):
        exporting.export(_flags(trained_run, tmp_path / "out", **changes))
    assert earlier.read_bytes() == b"earlier"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_other_anchors_are_refused(trained_run, tmp_path):
    """The shapes are the same; only the run's config differs."""
    anchors = "model { ssd { anchor_generator { ssd_anchor_generator { min_scale: 0.3 } } } }"
    with pytest.raises(OdapiError, match=r"min_scale is 0\.2 there and 0\.3 in") as caught:
        exporting.export(_flags(trained_run, tmp_path / "out", config_override=anchors))
    assert str(trained_run.model_dir / NOTE_NAME) in caught.value.hint
    assert not (tmp_path / "out").exists()


def test_encoded_images_can_be_the_input_and_an_export_is_replaced(
    trained_run, tmp_path, image_path
):
    import tensorflow as tf

    stale = _earlier_export(tmp_path / "out") / "stale"
    stale_label_map = tmp_path / "out" / "label_map.pbtxt"
    kind = "encoded_image_string_tensor"
    config_path = tmp_path / "without_label_map.config"
    fields = ("train_input_reader", "eval_input_reader[0]")
    overrides = [f"{field}.label_map_path=/nowhere/label_map.pbtxt" for field in fields]
    save_config(load_config(trained_run.config_path, overrides), config_path)
    progress = RecordedProgress()
    flags = {"input_type": kind, "pipeline_config_path": str(config_path)}
    saved_model = exporting.export(_flags(trained_run, tmp_path / "out", **flags), progress)
    assert not stale.exists()
    assert not stale_label_map.exists()
    assert any(line.startswith("No label_map.pbtxt") for line in progress.phases)
    detect = tf.saved_model.load(str(saved_model)).signatures["serving_default"]
    found = detect(tf.constant([image_path.read_bytes()]))
    assert found["detection_boxes"].shape[-1] == 4
