"""Results in their folder: names of drawn images, which never replace a user's file."""

import errno
import json
import os

import pytest
from PIL import Image

from odapi_ssd.deployment.detections import Detection
from odapi_ssd.deployment.results import DetectionResults, choose_names, earlier_drawings
from odapi_ssd.errors import OdapiError
from odapi_ssd.outputs.folder import OutputFolder, output_folder
from odapi_ssd.outputs.manifest import MANIFEST_NAME


class TestNames:
    def test_the_same_name_in_two_folders_gives_two_names(self, tmp_path):
        images = [tmp_path / "a" / "x.jpg", tmp_path / "b" / "X.JPG", tmp_path / "b" / "y.bmp"]
        names = choose_names(images, tmp_path / "out", [])
        assert names == ["x.jpg", "X_2.jpg", "y.png"]

    def test_a_file_that_is_there_is_never_overwritten(self, tmp_path):
        for name in ("x.jpg", "x_2.jpg", "z.png"):
            (tmp_path / name).touch()
        images = [tmp_path / "x.jpg", tmp_path / "elsewhere" / "z.png"]
        names = choose_names(images, tmp_path, [])
        assert names == ["x_3.jpg", "z_2.png"]

    def test_a_drawn_image_of_an_earlier_call_is_replaced(self, tmp_path):
        (tmp_path / "z.png").touch()
        images = [tmp_path / "elsewhere" / "z.png"]
        assert choose_names(images, tmp_path, ["z.png"]) == ["z.png"]

    def test_not_if_it_is_read_now_even_through_a_link(self, tmp_path):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "z.png").touch()
        (tmp_path / "link.png").symlink_to(tmp_path / "out" / "z.png")
        images = [tmp_path / "link.png", tmp_path / "elsewhere" / "z.png"]
        assert choose_names(images, tmp_path / "out", ["z.png"]) == ["link.png", "z_2.png"]

    def test_names_stay_within_what_file_systems_take(self, tmp_path):
        long = "ü" * 125 + "x"  # 251 bytes
        images = [tmp_path / "a" / f"{long}.jpg", tmp_path / "b" / f"{long}.jpg"]
        names = choose_names(images, tmp_path / "out", [])
        assert names == [f"{long}.jpg", f"{'ü' * 124}_2.jpg"]


def _detect(folder, *images, overwrite=False):
    """Draws images as `detect` does; returns how many earlier ones were replaced."""
    with output_folder("output_dir", folder, "detect", overwrite=overwrite) as outputs:
        results = DetectionResults(outputs, images)
        for path in images:
            found = [Detection(1, "thing", 0.5, (0.0, 0.0, 1.0, 1.0))]
            results.add(results.encode(path, Image.new("RGB", (4, 4)), found))
        return results.publish()


def _names(folder):
    return {path.name for path in folder.iterdir()} - {MANIFEST_NAME}


class TestFolder:
    def test_results_of_an_earlier_call_are_replaced_and_counted(self, tmp_path):
        (tmp_path / "mine.jpg").write_text("mine")
        assert _detect(tmp_path, tmp_path / "in" / "a.jpg", tmp_path / "in" / "b.png") == 0
        assert _names(tmp_path) == {"mine.jpg", "a.jpg", "b.png", "detections.json"}
        assert earlier_drawings(tmp_path) == ["a.jpg", "b.png"]
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
        assert earlier_drawings(tmp_path / "out") == []
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
