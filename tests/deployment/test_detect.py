"""Detection on files: what is drawn and written, also after Ctrl-C and with broken images."""

import errno
import json
import os
import signal

import pytest
from PIL import Image

from odapi_ssd.data.label_map import read_label_map
from odapi_ssd.deployment.detect import detect_images
from odapi_ssd.deployment.results import DetectionResults
from odapi_ssd.errors import OdapiError
from odapi_ssd.interrupts import Interrupted, delayed, ended_by_signals
from odapi_ssd.outputs.folder import OutputFolder
from odapi_ssd.outputs.manifest import MANIFEST_NAME
from tests.support.recorded_progress import (
    InterruptedProgress,
    RecordedProgress,
    SignalledProgress,
)
from tests.support.toy_detector import save_toy_detector


@pytest.mark.tf
@pytest.mark.slow
class TestDetectImages:
    @pytest.fixture(scope="class")
    def images(self, shapes_dir):
        return sorted((shapes_dir / "JPEGImages").glob("*.jpg"))[:3]

    def test_drawn_images_and_data(self, exported_dir, images, tmp_path):
        label_map_path = exported_dir / "label_map.pbtxt"
        progress = RecordedProgress()
        result = detect_images(
            exported_dir / "saved_model",
            label_map_path,
            tmp_path,
            images,
            min_score=0.0,
            progress=progress,
        )
        entries = json.loads(result.json_path.read_text())
        assert [entry["image"] for entry in entries] == [str(path) for path in images]
        assert result.num_detections == sum(len(entry["detections"]) for entry in entries)
        assert progress.counts == [(0, 3), (1, 3), (2, 3), (3, 3)]
        names = {class_id: name for name, class_id in read_label_map(label_map_path).items()}
        for path, entry in zip(images, entries, strict=True):
            with Image.open(path) as image, Image.open(tmp_path / path.name) as drawn:
                assert drawn.size == image.size
                width, height = image.size
            assert entry["detections"]
            scores = [found["score"] for found in entry["detections"]]
            assert scores == sorted(scores, reverse=True)
            for found in entry["detections"]:
                ymin, xmin, ymax, xmax = found["box_yxyx_px"]
                assert 0 <= ymin <= ymax <= height
                assert 0 <= xmin <= xmax <= width
                assert found["class_name"] == names[found["class_id"]]

    def test_ctrl_c_keeps_what_is_done_and_a_second_call_replaces_the_first(
        self, exported_dir, images, tmp_path
    ):
        saved_model, label_map = exported_dir / "saved_model", exported_dir / "label_map.pbtxt"
        mine = tmp_path / images[1].name
        mine.write_text("mine")

        progress = InterruptedProgress(at=2)
        with pytest.raises(KeyboardInterrupt):
            detect_images(saved_model, label_map, tmp_path, images, progress=progress)
        second = f"{images[1].stem}_2.jpg"
        names = {images[0].name, second, mine.name, "detections.json", MANIFEST_NAME}
        assert {path.name for path in tmp_path.iterdir()} == names
        entries = json.loads((tmp_path / "detections.json").read_text())
        assert [entry["picture"] for entry in entries] == [images[0].name, second]

        detect_images(saved_model, label_map, tmp_path, images[2:])
        names = {images[2].name, mine.name, "detections.json", MANIFEST_NAME}
        assert {path.name for path in tmp_path.iterdir()} == names
        assert mine.read_text() == "mine"

    def test_a_broken_image_is_named_and_the_others_are_done(self, exported_dir, images, tmp_path):
        broken = tmp_path / "broken.jpg"
        broken.write_bytes(images[0].read_bytes()[:2000])
        with pytest.raises(OdapiError, match=r"1 of 2 images failed") as caught:
            detect_images(
                exported_dir / "saved_model",
                exported_dir / "label_map.pbtxt",
                tmp_path / "out",
                [broken, images[0]],
            )
        assert "broken.jpg" in str(caught.value)
        entries = json.loads((tmp_path / "out" / "detections.json").read_text())
        assert [entry["image"] for entry in entries] == [str(images[0])]

    def test_when_no_image_can_be_read_nothing_is_written(self, exported_dir, tmp_path):
        broken = tmp_path / "broken.jpg"
        broken.touch()
        saved_model = exported_dir / "saved_model"
        with pytest.raises(OdapiError, match="None of the images could be processed") as caught:
            detect_images(saved_model, exported_dir / "label_map.pbtxt", tmp_path / "out", [broken])
        assert "broken.jpg" in str(caught.value)
        assert not (tmp_path / "out").exists()

    def test_without_a_model_nothing_is_written(self, exported_dir, images, tmp_path):
        with pytest.raises(OdapiError, match="not a SavedModel"):
            detect_images(exported_dir, exported_dir / "label_map.pbtxt", tmp_path / "out", images)
        assert not (tmp_path / "out").exists()

    def test_an_upright_image_is_the_same_as_its_rotated_copy(self, exported_dir, images, tmp_path):
        """Pixels turned by 90 degrees with the EXIF tag that says so are the same image."""
        upright, rotated = tmp_path / "upright.png", tmp_path / "rotated.png"
        with Image.open(images[0]) as image:
            image.save(upright)
            exif = Image.Exif()
            exif[0x0112] = 6
            image.transpose(Image.Transpose.ROTATE_90).save(rotated, exif=exif)
        result = detect_images(
            exported_dir / "saved_model",
            exported_dir / "label_map.pbtxt",
            tmp_path / "out",
            [upright, rotated],
            min_score=0.0,
        )
        first, second = json.loads(result.json_path.read_text())
        assert first["detections"] == second["detections"]


@pytest.mark.tf
class TestToyDetector:
    """Bad images, and ends of any kind, with a model that takes no time."""

    @pytest.fixture(scope="class")
    def toy(self, api, tmp_path_factory):
        """Its SavedModel and label map."""
        return save_toy_detector(tmp_path_factory.mktemp("toy"))

    @pytest.fixture
    def images(self, tmp_path):
        folder = tmp_path / "images"
        folder.mkdir()
        paths = [folder / name for name in ("a.png", "b.png", os.fsdecode(b"caf\xe9\n.png"))]
        for path in paths:
            Image.new("RGB", (9, 6)).save(path)
        return paths

    def test_each_bad_image_is_named_and_the_others_are_done(self, toy, images, tmp_path):
        empty, gone, failing = (images[0].with_name(f"{name}.png") for name in ("e", "g", "f"))
        empty.touch()
        Image.new("RGB", (7, 6)).save(failing)  # the model fails on this width
        with pytest.raises(OdapiError, match="3 of 6 images failed; the others") as caught:
            detect_images(*toy, tmp_path / "out", [empty, images[0], gone, failing, *images[1:]])
        reasons = dict(line.split(": ", 1) for line in caught.value.details)
        assert reasons[str(empty)].startswith("it is not an image of a known kind")
        assert reasons[str(gone)] == "it does not exist"
        assert reasons[str(failing)].startswith("the model failed on it: assertion failed: ")
        entries = json.loads((tmp_path / "out" / "detections.json").read_text())
        assert [entry["image"] for entry in entries] == [str(path) for path in images]

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_a_signal_keeps_what_is_done(self, toy, images, tmp_path, number):
        progress = SignalledProgress(number, at=2)
        with pytest.raises(Interrupted), ended_by_signals():
            detect_images(*toy, tmp_path / "out", images, progress=progress)
        assert len(json.loads((tmp_path / "out" / "detections.json").read_text())) == 2
        names = {"a.png", "b.png", "detections.json", MANIFEST_NAME}
        assert {path.name for path in (tmp_path / "out").iterdir()} == names
        assert progress.warnings == [f"2 of 3 images are done, and in {tmp_path / 'out'}."]

    def test_a_second_call_says_what_it_replaced(self, toy, images, tmp_path):
        progress = RecordedProgress()
        detect_images(*toy, tmp_path / "out", images, progress=progress)
        assert progress.phases == []
        detect_images(*toy, tmp_path / "out", images[:1], progress=progress)
        assert progress.phases == ["Replaced the 3 drawn images of an earlier detect."]
        names = {"a.png", "detections.json", MANIFEST_NAME}
        assert {path.name for path in (tmp_path / "out").iterdir()} == names

    def test_a_foreign_list_is_refused_before_the_model_is_loaded(self, images, tmp_path):
        (tmp_path / "detections.json").write_text('[{"picture": "images/a.png"}]')
        with pytest.raises(OdapiError, match=r"did not write, .*detections\.json"):
            detect_images(tmp_path / "no model", tmp_path / "no map", tmp_path, images)

    def test_a_second_call_that_ends_early_keeps_the_rest_of_the_first(self, toy, images, tmp_path):
        out = tmp_path / "out"
        detect_images(*toy, out, images)
        progress = SignalledProgress(signal.SIGTERM, at=1)
        with pytest.raises(Interrupted), ended_by_signals():
            detect_images(*toy, out, images[::-1], progress=progress)
        entries = json.loads((out / "detections.json").read_text())
        assert [entry["picture"] for entry in entries] == [
            path.name for path in (images[2], images[0], images[1])
        ]
        assert progress.phases == ["Replaced the 1 drawn image of an earlier detect."]
        assert progress.warnings[0] == (
            "Not drawn again, so kept: 2 drawn images of an earlier detect."
        )

    def test_what_is_edited_meanwhile_is_said(self, toy, images, tmp_path):
        out = tmp_path / "out"
        detect_images(*toy, out, images)

        class EditingProgress(RecordedProgress):
            def advance(self, num_done, num_total):
                if num_done:
                    (out / "detections.json").write_text("edited")

        progress = EditingProgress()
        result = detect_images(*toy, out, images[:1], progress=progress)
        assert len(json.loads(result.json_path.read_text())) == 1
        assert (out / "detections.json").read_text() == "edited"
        assert progress.warnings[-1].endswith("detections.json (detections_2.json).")

    @pytest.mark.parametrize("after", ["success", "failure"])
    def test_no_signal_comes_between_the_work_and_its_publication(
        self, toy, images, tmp_path, monkeypatch, after
    ):
        """The signal comes at the last moment at which it can: as `delayed` is being entered."""

        def signalled_delayed():
            monkeypatch.undo()
            signal.raise_signal(signal.SIGTERM)
            return delayed()

        def fail(self, path, image, detections):
            if path == images[2]:
                raise OdapiError("the model is not one for images")
            return encode(self, path, image, detections)

        encode = DetectionResults.encode
        if after == "failure":
            monkeypatch.setattr(DetectionResults, "encode", fail)
        monkeypatch.setattr("odapi_ssd.deployment.detect.delayed", signalled_delayed)
        with pytest.raises(Interrupted), ended_by_signals():
            detect_images(*toy, tmp_path / "out", images)
        entries = json.loads((tmp_path / "out" / "detections.json").read_text())
        assert len(entries) == {"success": 3, "failure": 2}[after]

    def test_a_disk_that_is_full_at_the_end_is_an_error(self, toy, images, tmp_path, monkeypatch):
        publish = OutputFolder.publish

        def fail_above_one(self, stale=()):
            if len(list(self.staging.glob("*.png"))) > 1:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            publish(self, stale)

        monkeypatch.setattr(OutputFolder, "publish", fail_above_one)
        with pytest.raises(OdapiError, match=r"The disk is full: 1 of 3 images are done"):
            detect_images(*toy, tmp_path / "out", images)
        assert len(json.loads((tmp_path / "out" / "detections.json").read_text())) == 1
