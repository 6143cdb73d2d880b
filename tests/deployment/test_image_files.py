"""Image files: which are found, and how they are decoded."""

import numpy as np
import pytest
from PIL import Image

from odapi_ssd.deployment.image_files import find_images, load_image
from odapi_ssd.errors import OdapiError


class TestFindImages:
    def test_files_and_folders_in_order_without_repeats(self, tmp_path):
        folder = tmp_path / "images"
        (folder / "deep").mkdir(parents=True)
        names = ["b.JPG", "a.png", "deep/c.jpeg", "notes.txt"]
        for name in names:
            (folder / name).touch()
        found = find_images([folder / "b.JPG", folder])
        assert [str(path.relative_to(folder)) for path in found] == [
            "b.JPG",
            "a.png",
            "deep/c.jpeg",
        ]

    def test_drawn_and_hidden_images_are_left_out(self, tmp_path):
        for name in ("a.jpg", "._a.jpg", ".cache/b.jpg", "out/a.jpg", "out/mine.jpg"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        (tmp_path / "folder.jpg").mkdir()
        drawn, mine = tmp_path / "out" / "a.jpg", tmp_path / "out" / "mine.jpg"
        (tmp_path / "out" / "detections.json").write_text('[{"picture": "a.jpg"}]')
        expected = [tmp_path / "a.jpg", mine]
        assert find_images([tmp_path], tmp_path / "out") == expected
        assert find_images([drawn], tmp_path / "out") == [drawn]
        assert find_images([tmp_path / "out"], tmp_path / "out") == [mine]

    def test_missing_files_are_all_named(self, tmp_path):
        with pytest.raises(OdapiError) as caught:
            find_images([tmp_path / "x.jpg", tmp_path, tmp_path / "y.jpg"])
        assert "x.jpg" in str(caught.value)
        assert "y.jpg" in str(caught.value)

    def test_a_folder_without_images_is_an_error(self, tmp_path):
        with pytest.raises(OdapiError, match="no image"):
            find_images([tmp_path])


class TestLoadImage:
    def test_formats_that_run_programs_are_not_opened(self, tmp_path):
        """Pillow would hand PostScript to Ghostscript, whatever the file is called."""
        path = tmp_path / "harmless.jpg"
        Image.new("RGB", (4, 4)).save(path, format="EPS")
        with pytest.raises(OSError, match="cannot identify"):
            load_image(path)

    def test_the_high_byte_of_16_bit_images_counts(self, tmp_path):
        path = tmp_path / "deep.png"
        Image.fromarray(np.array([[0, 300, 65535]], np.uint16)).save(path)
        pixels = np.asarray(load_image(path))
        assert pixels.tolist() == [[[0, 0, 0], [1, 1, 1], [255, 255, 255]]]

    def test_an_alpha_channel_is_dropped(self, tmp_path):
        path = tmp_path / "alpha.png"
        Image.new("RGBA", (2, 1), (10, 20, 30, 0)).save(path)
        assert np.asarray(load_image(path)).tolist() == [[[10, 20, 30]] * 2]
