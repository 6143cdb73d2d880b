"""Image files: which are found, and how they are decoded."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from odapi_ssd.deployment.image_files import find_images, load_image
from odapi_ssd.errors import OdapiError
from odapi_ssd.outputs.folder import output_folder


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
        (tmp_path / "out" / "a.jpg").unlink()
        (tmp_path / "folder.jpg").mkdir()
        drawn, mine = tmp_path / "out" / "a.jpg", tmp_path / "out" / "mine.jpg"
        with output_folder("output_dir", tmp_path / "out", "detect") as outputs:
            (outputs.staging / "a.jpg").touch()
            outputs.publish()
        expected = [tmp_path / "a.jpg", mine]
        assert find_images([tmp_path], tmp_path / "out") == expected
        assert find_images([drawn], tmp_path / "out") == [drawn]
        assert find_images([tmp_path / "out"], tmp_path / "out") == [mine]

    def test_links_that_lead_in_circles_end(self, tmp_path):
        (tmp_path / "a.jpg").touch()
        (tmp_path / "circle").symlink_to(tmp_path)
        (tmp_path / "itself.jpg").symlink_to("itself.jpg")
        assert find_images([tmp_path]) == [tmp_path / "a.jpg"]
        with pytest.raises(OdapiError, match=r"do not exist:\n  - .*itself\.jpg"):
            find_images([tmp_path / "itself.jpg"])

    def test_a_name_that_is_too_long_does_not_exist(self, tmp_path):
        with pytest.raises(OdapiError, match="do not exist"):
            find_images([tmp_path / ("x" * 300)])

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
        with pytest.raises(OSError, match="not an image of a known kind"):
            load_image(path)

    def test_the_high_byte_of_16_bit_images_counts(self, tmp_path):
        path = tmp_path / "deep.png"
        Image.fromarray(np.array([[0, 300, 65535]], np.uint16)).save(path)
        pixels = np.asarray(load_image(path))
        assert pixels.tolist() == [[[0, 0, 0], [1, 1, 1], [255, 255, 255]]]

    def test_an_image_whose_exif_data_is_damaged_is_taken_as_it_is_stored(self, tmp_path):
        # Orientation 6, and a type 0x3969 for the next tag, at which Pillow raises `struct.error`.
        exif = bytes.fromhex(
            "4578696600004d4d002a00000008000201120003000000010006000039690010000000010000"
            "0026d3000000000190e4000200000005000000380000000032303230 0000"
        )
        Image.new("RGB", (8, 6)).save(tmp_path / "a.jpg", exif=exif)
        warnings = []
        assert load_image(tmp_path / "a.jpg", warnings.append).size == (8, 6)
        assert warnings == [
            f"{tmp_path / 'a.jpg'}: its EXIF data is damaged; it is taken as it is stored."
        ]

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
    @pytest.mark.parametrize("size", [(1, 1), (5, 3)])
    def test_modes(self, tmp_path, mode, size):
        path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
        Image.new("RGB", size, (255, 255, 255)).convert(mode).save(path)
        image = load_image(path)
        assert (image.mode, image.size) == ("RGB", size)
        assert np.asarray(image).min() > 250

    def test_webp(self, tmp_path):
        Image.new("RGBA", (5, 3), (10, 200, 30, 255)).save(tmp_path / "a.webp", lossless=True)
        assert find_images([tmp_path]) == [tmp_path / "a.webp"]
        image = load_image(tmp_path / "a.webp")
        assert (image.mode, image.size, image.getpixel((2, 2))) == ("RGB", (5, 3), (10, 200, 30))

    def test_the_first_frame_of_an_animation(self, tmp_path):
        first, second = (Image.new("RGB", (2, 2), color) for color in ("white", "black"))
        first.save(tmp_path / "a.gif", save_all=True, append_images=[second])
        assert np.asarray(load_image(tmp_path / "a.gif")).tolist() == [[[255] * 3] * 2] * 2

    @pytest.mark.parametrize("size_wh", [(0, 0), (60_000, 60_000)])
    def test_sizes_that_no_image_has(self, tmp_path, size_wh):
        """As a PNG's header has them, with its checksum."""
        path = tmp_path / "a.png"
        Image.new("L", (1, 1)).save(path)
        content = bytearray(path.read_bytes())
        content[16:24] = struct.pack(">II", *size_wh)
        content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
        path.write_bytes(content)
        with pytest.raises(OSError, match=r"not an image|decompression bomb"):
            load_image(path)

    def test_a_truncated_image(self, tmp_path):
        path = tmp_path / "a.jpg"
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 40), np.uint8)).save(path)
        path.write_bytes(path.read_bytes()[:-200])
        with pytest.raises(OSError, match="truncated"):
            load_image(path)

    def test_an_alpha_channel_is_dropped(self, tmp_path):
        path = tmp_path / "alpha.png"
        Image.new("RGBA", (2, 1), (10, 20, 30, 0)).save(path)
        assert np.asarray(load_image(path)).tolist() == [[[10, 20, 30]] * 2]
