"""Results in their folder, which never replace a user's file."""

import errno
import json
import os

import pytest
from PIL import Image

from odapi_ssd.deployment.detections import Detection
from odapi_ssd.deployment.earlier_results import EarlierResults
from odapi_ssd.deployment.results import DetectionResults, Publication
from odapi_ssd.errors import OdapiError
from odapi_ssd.outputs.folder import OutputFolder, output_folder
from odapi_ssd.outputs.manifest import MANIFEST_NAME


def _detect(folder, *images, overwrite=False):
    """Draws images as `detect` does; returns how many earlier ones were replaced."""
    return _publish(folder, *images, overwrite=overwrite).num_replaced


def _publish(folder, *images, overwrite=False, is_complete=True, meanwhile=lambda: None):
    """Draws images as `detect` does, does something else, and publishes."""
    with output_folder("output_dir", folder, "detect", overwrite=overwrite) as outputs:
        outputs.require_replaceable(["detections.json"])
        results = DetectionResults(outputs, images)
        for path in images:
            found = [Detection(1, "thing", 0.5, (0.0, 0.0, 1.0, 1.0))]
            results.add(results.encode(path, Image.new("RGB", (4, 4)), found))
        meanwhile()
        return results.publish(is_complete)


def _pictures(path):
    """The drawn image of each image in a list of detections."""
    return {os.path.basename(e["image"]): e["picture"] for e in json.loads(path.read_text())}


def _names(folder):
    return {path.name for path in folder.iterdir()} - {MANIFEST_NAME}


class TestFolder:
    def test_results_of_an_earlier_call_are_replaced_and_counted(self, tmp_path):
        (tmp_path / "mine.jpg").write_text("mine")
        assert _detect(tmp_path, tmp_path / "in" / "a.jpg", tmp_path / "in" / "b.png") == 0
        assert _names(tmp_path) == {"mine.jpg", "a.jpg", "b.png", "detections.json"}
        assert EarlierResults.load(tmp_path).drawings == ("a.jpg", "b.png")
        assert _detect(tmp_path, tmp_path / "in" / "c.bmp") == 2
        assert _names(tmp_path) == {"mine.jpg", "c.png", "detections.json"}
        with Image.open(tmp_path / "c.png") as image:
            assert image.format == "PNG"

    def test_what_a_foreign_list_names_is_never_touched(self, tmp_path):
        """A detections.json that somebody copied into a folder of photos, under its own names."""
        photos = tmp_path / "photos"
        _detect(tmp_path / "out", tmp_path / "a.jpg")
        photos.mkdir()
        for name in ("a.jpg", "b.jpg"):
            (photos / name).write_text("precious")
        copied = (tmp_path / "out" / "detections.json").read_text()
        (photos / "detections.json").write_text(copied)
        with pytest.raises(OdapiError, match=r"did not write, .*detections\.json"):
            _detect(photos, photos / "b.jpg")
        assert _detect(photos, photos / "b.jpg", overwrite=True) == 0
        assert [(photos / name).read_text() for name in ("a.jpg", "b.jpg")] == ["precious"] * 2
        assert _names(photos) == {"a.jpg", "b.jpg", "b_2.jpg", "detections.json"}

    def test_a_manifest_that_was_copied_along_proves_nothing_about_other_files(self, tmp_path):
        _detect(tmp_path / "out", tmp_path / "a.jpg")
        (tmp_path / "out" / "a.jpg").write_text("precious")
        assert EarlierResults.load(tmp_path / "out").drawings == ()
        assert _detect(tmp_path / "out", tmp_path / "a.jpg") == 0
        assert (tmp_path / "out" / "a.jpg").read_text() == "precious"
        assert _names(tmp_path / "out") == {"a.jpg", "a_2.jpg", "detections.json"}

    def test_a_drawn_image_that_is_read_now_stays(self, tmp_path):
        _detect(tmp_path, tmp_path / "in" / "a.jpg", tmp_path / "in" / "b.jpg")
        before = (tmp_path / "a.jpg").read_bytes()
        assert _detect(tmp_path, tmp_path / "a.jpg") == 1
        assert (tmp_path / "a.jpg").read_bytes() == before
        assert _names(tmp_path) == {"a.jpg", "a_2.jpg", "detections.json"}

    def test_names_that_are_not_unicode(self, tmp_path):
        name = os.fsdecode(b"caf\xe9\n.jpg")
        _detect(tmp_path / "out", tmp_path / name)
        assert b"caf\xe9\n.jpg" in os.listdir(os.fsencode(tmp_path / "out"))
        (entry,) = json.loads((tmp_path / "out" / "detections.json").read_text())
        assert entry["picture"] == name
        assert _detect(tmp_path / "out", tmp_path / "b.jpg") == 1

    def test_nothing_is_published_of_nothing(self, tmp_path):
        _detect(tmp_path, tmp_path / "in" / "a.jpg")
        assert _detect(tmp_path) == 0
        assert _names(tmp_path) == {"a.jpg", "detections.json"}


class TestOthersInTheFolder:
    """What is saved or edited there while the images are being drawn."""

    def test_an_edited_drawing_and_list_stay_and_nothing_is_lost(self, tmp_path):
        a, b, c = (tmp_path / "in" / name for name in ("a.jpg", "b.jpg", "c.jpg"))
        out = tmp_path / "out"
        _detect(out, a, b, c)

        def edit():
            for name in ("a.jpg", "c.jpg", "detections.json"):
                (out / name).write_text("edited")

        done = _publish(out, a, b, meanwhile=edit)
        renamed = {"a.jpg": "a_2.jpg", "detections.json": "detections_2.json"}
        assert done == Publication(num_replaced=1, num_kept=0, renamed=renamed)
        for name in ("a.jpg", "c.jpg", "detections.json"):
            assert (out / name).read_text() == "edited"
        new = {"a_2.jpg", "b.jpg", "detections_2.json"}
        assert _names(out) == {"a.jpg", "c.jpg", "detections.json"} | new
        assert _pictures(out / "detections_2.json") == {"a.jpg": "a_2.jpg", "b.jpg": "b.jpg"}

    def test_a_file_saved_under_a_chosen_name_stays(self, tmp_path):
        out = tmp_path / "out"
        images = [tmp_path / "a" / "x.jpg", tmp_path / "b" / "x.jpg"]
        done = _publish(out, *images, meanwhile=lambda: (out / "x.jpg").write_text("mine"))
        assert done.renamed == {"x.jpg": "x_3.jpg"}
        assert (out / "x.jpg").read_text() == "mine"
        assert _names(out) == {"x.jpg", "x_2.jpg", "x_3.jpg", "detections.json"}
        pictures = [e["picture"] for e in json.loads((out / "detections.json").read_text())]
        assert pictures == ["x_3.jpg", "x_2.jpg"]

    def test_a_list_under_another_name_is_replaced_later(self, tmp_path):
        image, json_path = tmp_path / "in" / "a.jpg", tmp_path / "detections.json"
        _publish(tmp_path, image, meanwhile=lambda: json_path.write_text("mine"))
        assert _names(tmp_path) == {"a.jpg", "detections.json", "detections_2.json"}
        json_path.unlink()
        assert _publish(tmp_path, image) == Publication(num_replaced=1)
        assert _names(tmp_path) == {"a.jpg", "detections.json"}

    def test_overwrite_is_for_the_list_alone(self, tmp_path):
        def save():
            for name in ("a.jpg", "detections.json"):
                (tmp_path / name).write_text("mine")

        done = _publish(tmp_path, tmp_path / "in" / "a.jpg", overwrite=True, meanwhile=save)
        assert done.renamed == {"a.jpg": "a_2.jpg"}
        assert (tmp_path / "a.jpg").read_text() == "mine"
        assert _pictures(tmp_path / "detections.json") == {"a.jpg": "a_2.jpg"}


class TestAnIncompleteCall:
    def test_what_it_has_not_drawn_again_stays_with_its_entries(self, tmp_path):
        images = [tmp_path / "in" / name for name in ("a.jpg", "b.jpg", "c.jpg")]
        out = tmp_path / "out"
        _detect(out, *images)
        done = _publish(out, images[1], is_complete=False)
        assert done == Publication(num_replaced=1, num_kept=2)
        assert _names(out) == {"a.jpg", "b.jpg", "c.jpg", "detections.json"}
        expected = {"b.jpg": "b.jpg", "a.jpg": "a.jpg", "c.jpg": "c.jpg"}
        assert _pictures(out / "detections.json") == expected
        assert _detect(out, images[0]) == 3
        assert _names(out) == {"a.jpg", "detections.json"}

    def test_an_image_that_is_drawn_under_another_name_is_there_once(self, tmp_path):
        out = tmp_path / "out"
        out.mkdir()
        (out / "a.jpg").write_text("mine")
        images = [tmp_path / "in" / name for name in ("a.jpg", "b.jpg")]
        _detect(out, *images)
        (out / "a.jpg").unlink()
        _publish(out, images[0], is_complete=False)
        assert _pictures(out / "detections.json") == {"a.jpg": "a.jpg", "b.jpg": "b.jpg"}
        assert _names(out) == {"a.jpg", "b.jpg", "detections.json"}

    def test_entries_of_an_edited_list_are_not_taken_over(self, tmp_path):
        images = [tmp_path / "in" / name for name in ("a.jpg", "b.jpg")]
        out = tmp_path / "out"
        _detect(out, *images)

        def edit():
            (out / "detections.json").write_text("[]")

        done = _publish(out, images[0], is_complete=False, meanwhile=edit)
        assert done.num_kept == 1
        assert _pictures(out / "detections_2.json") == {"a.jpg": "a.jpg"}


class TestFullDisk:
    def test_the_last_images_give_way_until_there_is_room(self, tmp_path, monkeypatch):
        publish, attempts = OutputFolder.publish, []

        def fail_above_three(self, stale=()):
            attempts.append(len(list(self.staging.glob("*.jpg"))))
            if attempts[-1] > 3:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            publish(self, stale)

        monkeypatch.setattr(OutputFolder, "publish", fail_above_three)
        _detect(tmp_path / "out", *(tmp_path / f"{number}.jpg" for number in range(6)))
        assert attempts == [6, 5, 3]
        assert _names(tmp_path / "out") == {"0.jpg", "1.jpg", "2.jpg", "detections.json"}
        assert len(json.loads((tmp_path / "out" / "detections.json").read_text())) == 3

    def test_an_image_that_cannot_be_written_is_named(self, tmp_path, monkeypatch):
        def refuse(*_):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr("pathlib.Path.write_bytes", refuse)
        with pytest.raises(OdapiError, match=r"a\.jpg cannot be written to .*: the disk is full"):
            _detect(tmp_path / "out", tmp_path / "a.jpg")
        assert not (tmp_path / "out").exists()
