"""Results in their folder: names of drawn images, which never replace a user's file."""

import pytest

from odapi_ssd.deployment.results import choose_names, earlier_drawings


class TestNames:
    def test_the_same_name_in_two_folders_gives_two_names(self, tmp_path):
        images = [tmp_path / "a" / "x.jpg", tmp_path / "b" / "X.JPG", tmp_path / "b" / "y.bmp"]
        names = choose_names(images, tmp_path / "out", set())
        assert names == ["x.jpg", "X_2.jpg", "y.png"]

    def test_a_file_that_is_there_is_never_overwritten(self, tmp_path):
        for name in ("x.jpg", "x_2.jpg", "z.png"):
            (tmp_path / name).touch()
        images = [tmp_path / "x.jpg", tmp_path / "elsewhere" / "z.png"]
        names = choose_names(images, tmp_path, set())
        assert names == ["x_3.jpg", "z_2.png"]

    def test_a_drawn_image_of_an_earlier_call_is_replaced(self, tmp_path):
        (tmp_path / "z.png").touch()
        (tmp_path / "detections.json").write_text('[{"image": "a/z.png", "picture": "z.png"}]')
        earlier = earlier_drawings(tmp_path)
        images = [tmp_path / "elsewhere" / "z.png"]
        assert choose_names(images, tmp_path, earlier) == ["z.png"]

    @pytest.mark.parametrize("content", ["", "{", "{}", "[1]", '[{"image": "x"}]'])
    def test_another_json_names_no_drawn_image(self, tmp_path, content):
        (tmp_path / "detections.json").write_text(content)
        assert earlier_drawings(tmp_path) == set()

    def test_a_name_leads_to_no_other_folder(self, tmp_path):
        (tmp_path / "detections.json").write_text('[{"picture": "../../etc/passwd"}]')
        assert earlier_drawings(tmp_path) == {tmp_path.resolve() / "passwd"}
