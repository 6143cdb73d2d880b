"""Names of drawn images, which never replace a user's file."""

from odapi_ssd.deployment.drawing_names import choose_names, free_name, taken_names


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

    def test_what_is_taken_meanwhile_has_a_free_name_instead(self, tmp_path):
        (tmp_path / "Z.png").touch()
        taken = taken_names([], tmp_path, [])
        assert taken == {"z.png"}
        assert free_name(tmp_path / "in" / "z.png", taken | {"z_2.png"}) == "z_3.png"
