"""One evaluation from the check to the files that it writes."""

import json

import pytest

from odapi_ssd.config.files import load_config
from odapi_ssd.errors import OdapiError
from odapi_ssd.evaluation.metrics import Evaluation
from odapi_ssd.evaluation.run import evaluate, score, scores_target, write_scores
from odapi_ssd.folder_lock import locked_folder
from tests.support.permissions import as_ordinary_user, folder_for_all
from tests.support.recorded_progress import RecordedProgress
from tests.support.small_disk import small_disk

pytestmark = pytest.mark.tf


def _scores():
    return Evaluation("runs/a/ckpt-3", 7, 2, {"circle": 3}, 0.5, {"circle": 0.5})


class TestWriteScores:
    def test_into_a_new_folder(self, api, tmp_path):
        write_scores(_scores(), scores_target(tmp_path / "new" / "out"))
        assert json.loads((tmp_path / "new/out/metrics.json").read_text())["mAP@0.5"] == 0.5
        assert len(list((tmp_path / "new" / "out").glob("events.*"))) == 1

    def test_again_and_never_over_a_foreign_file(self, api, tmp_path):
        for _ in range(2):
            write_scores(_scores(), scores_target(tmp_path))
        assert len(list(tmp_path.glob("events.*"))) == 2  # the curve goes on
        (tmp_path / "metrics.json").write_text("mine")
        with pytest.raises(OdapiError, match=r"did not write, .*metrics\.json"):
            scores_target(tmp_path)
        assert (tmp_path / "metrics.json").read_text() == "mine"
        write_scores(_scores(), scores_target(tmp_path, overwrite=True))
        assert json.loads((tmp_path / "metrics.json").read_text())["step"] == 7

    def test_beside_a_training(self, api, tmp_path):
        """The trainer's lock is another one."""
        with locked_folder(tmp_path, ".odapi-ssd-train.lock"):
            write_scores(_scores(), scores_target(tmp_path))
        assert (tmp_path / "metrics.json").is_file()

    def test_a_file_in_the_place_of_the_folder(self, api, tmp_path):
        (tmp_path / "out").touch()
        with pytest.raises(OdapiError, match=r"out: a part of the path is a file"):
            write_scores(_scores(), scores_target(tmp_path / "out"))

    def test_a_full_disk(self, api, tmp_path):
        """Both files or none; an earlier event file stays."""
        with small_disk(tmp_path / "disk", 8192) as disk:
            if disk.preexec_fn is not None:
                pytest.skip("no file system can be mounted here")
            (disk.path / "events.earlier").write_text("x")
            with pytest.raises(OdapiError, match="the disk is full"):
                write_scores(_scores(), scores_target(disk.path))
            names = sorted(path.name for path in disk.path.iterdir())
        assert names == ["events.earlier"]

    def test_a_folder_without_permission(self, api):
        with (
            folder_for_all() as folder,
            as_ordinary_user(),
            pytest.raises(OdapiError, match=r"out: no permission\."),
        ):
            write_scores(_scores(), scores_target(folder / "out"))


@pytest.mark.slow
class TestEvaluate:
    def test_every_image_and_object_counts_once(self, trained_run, records_dir, tmp_path):
        config = load_config(
            trained_run.config_path,
            # Batches that do not divide the split, and less room than the objects need.
            ["eval_config.batch_size=2", "eval_input_reader[0].max_number_of_boxes=1"],
        )
        progress = RecordedProgress()
        result = evaluate(config, trained_run.model_dir, tmp_path, progress)
        expected = json.loads((records_dir / "dataset.json").read_text())["splits"]["val"]
        assert expected["num_examples"] % 2 == 1
        assert result.num_images == expected["num_examples"]
        assert result.num_objects == expected["num_objects_per_class"]
        assert result.step == 7
        num_images = result.num_images
        assert progress.counts == [(number, num_images) for number in range(1, num_images + 1)]
        written = json.loads((tmp_path / "metrics.json").read_text())
        assert written["step"] == 7
        assert written["num_images"] == result.num_images
        assert written["mAP@0.5"] == pytest.approx(result.mean_ap)
        assert list(written["per_class"]) == ["circle", "square", "triangle"]
        assert "IoU 0.5" in written["metric"]
        assert list(tmp_path.glob("events.*"))

    def test_a_run_without_a_state_file(self, trained_run, tmp_path):
        for path in trained_run.model_dir.glob("ckpt-*"):
            (tmp_path / path.name).symlink_to(path)
        progress = RecordedProgress()
        result = score(load_config(trained_run.config_path), tmp_path, progress)
        assert result.step == 7
        assert progress.warnings[0].startswith(f"{tmp_path} holds no file `checkpoint`: ckpt-3, ")

    def test_an_earlier_checkpoint_can_be_named(self, trained_run, tmp_path):
        config = load_config(trained_run.config_path)
        result = evaluate(config, trained_run.model_dir / "ckpt-2", tmp_path)
        assert result.step == 5

    def test_no_checkpoint_is_said(self, trained_run, tmp_path):
        config = load_config(trained_run.config_path)
        with pytest.raises(OdapiError, match="holds no checkpoint"):
            evaluate(config, tmp_path, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_another_model_s_checkpoint_is_refused(self, trained_run, run_without_note, tmp_path):
        config = load_config(
            trained_run.config_path, ["model.ssd.feature_extractor.depth_multiplier=0.5"]
        )
        with pytest.raises(OdapiError, match="does not fit the model"):
            evaluate(config, run_without_note, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_other_anchors_are_refused(self, trained_run, tmp_path):
        """The variables have the same shapes: only the run's config shows the difference."""
        anchors = "model.ssd.anchor_generator.ssd_anchor_generator"
        config = load_config(trained_run.config_path, [f"{anchors}.min_scale=0.3"])
        with pytest.raises(OdapiError, match=r"min_scale is 0\.2 there and 0\.3 in"):
            evaluate(config, trained_run.model_dir, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_a_split_without_images_is_an_error(self, trained_run, tmp_path):
        empty = tmp_path / "val.record-00000-of-00001"
        empty.touch()
        field = "eval_input_reader[0].tf_record_input_reader.input_path"
        config = load_config(trained_run.config_path, [f"{field}={empty}"])
        with pytest.raises(OdapiError, match="no record in"):
            evaluate(config, trained_run.model_dir, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_problems_of_the_config_are_raised_and_warnings_come_through_progress(
        self, trained_run, tmp_path
    ):
        config = load_config(
            trained_run.config_path,
            ["eval_config.metrics_set=['pascal']", "model.ssd.num_classes=2"],
        )
        with pytest.raises(OdapiError, match=r"^tiny\.config has 2 problems:") as caught:
            evaluate(config, trained_run.model_dir, tmp_path / "out", source="tiny.config")
        assert any("'pascal'" in detail for detail in caught.value.details)
        assert not (tmp_path / "out").exists()

        config = load_config(trained_run.config_path)
        config.eval_input_reader.add().CopyFrom(config.eval_input_reader[0])
        progress = RecordedProgress()
        evaluate(config, trained_run.model_dir, tmp_path / "out", progress)
        assert any("is there 2 times" in warning for warning in progress.warnings)
