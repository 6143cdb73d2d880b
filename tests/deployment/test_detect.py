"""Detection on files: what is read, drawn and written."""

import json

import numpy as np
import pytest
from PIL import Image

from odapi_ssd.data.label_map import read_label_map
from odapi_ssd.deployment import detect as detection
from odapi_ssd.deployment import visualization as drawing
from odapi_ssd.errors import OdapiError
from tests.support.recorded_progress import InterruptedProgress, RecordedProgress


class TestFindImages:
    def test_files_and_folders_in_order_without_repeats(self, tmp_path):
        folder = tmp_path / "pictures"
        (folder / "deep").mkdir(parents=True)
        names = ["b.JPG", "a.png", "deep/c.jpeg", "notes.txt"]
        for name in names:
            (folder / name).touch()
        found = detection.find_images([folder / "b.JPG", folder])
        assert [str(path.relative_to(folder)) for path in found] == [
            "b.JPG",
            "a.png",
            "deep/c.jpeg",
        ]

    def test_what_is_no_input_is_left_out(self, tmp_path):
        for name in ("a.jpg", "._a.jpg", ".cache/b.jpg", "out/a.jpg", "out/mine.jpg"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        (tmp_path / "folder.jpg").mkdir()
        drawn, mine = tmp_path / "out" / "a.jpg", tmp_path / "out" / "mine.jpg"
        (tmp_path / "out" / "detections.json").write_text('[{"picture": "a.jpg"}]')
        expected = [tmp_path / "a.jpg", mine]
        assert detection.find_images([tmp_path], tmp_path / "out") == expected
        assert detection.find_images([drawn], tmp_path / "out") == [drawn]
        assert detection.find_images([tmp_path / "out"], tmp_path / "out") == [mine]

    def test_missing_files_are_all_named(self, tmp_path):
        with pytest.raises(OdapiError) as caught:
            detection.find_images([tmp_path / "x.jpg", tmp_path, tmp_path / "y.jpg"])
        assert "x.jpg" in str(caught.value)
        assert "y.jpg" in str(caught.value)

    def test_a_folder_without_images_is_an_error(self, tmp_path):
        with pytest.raises(OdapiError, match="no image"):
            detection.find_images([tmp_path])


class TestPictureNames:
    def test_the_same_name_in_two_folders_gives_two_pictures(self, tmp_path):
        images = [tmp_path / "a" / "x.jpg", tmp_path / "b" / "X.JPG", tmp_path / "b" / "y.bmp"]
        names = detection._picture_names(images, tmp_path / "out", set())
        assert names == ["x.jpg", "X_2.jpg", "y.png"]

    def test_a_file_that_is_there_is_never_overwritten(self, tmp_path):
        for name in ("x.jpg", "x_2.jpg", "z.png"):
            (tmp_path / name).touch()
        images = [tmp_path / "x.jpg", tmp_path / "elsewhere" / "z.png"]
        names = detection._picture_names(images, tmp_path, set())
        assert names == ["x_3.jpg", "z_2.png"]

    def test_a_picture_of_an_earlier_call_is(self, tmp_path):
        (tmp_path / "z.png").touch()
        (tmp_path / "detections.json").write_text('[{"image": "a/z.png", "picture": "z.png"}]')
        earlier = detection._earlier_pictures(tmp_path)
        images = [tmp_path / "elsewhere" / "z.png"]
        assert detection._picture_names(images, tmp_path, earlier) == ["z.png"]

    @pytest.mark.parametrize("content", ["", "{", "{}", "[1]", '[{"image": "x"}]'])
    def test_what_is_no_list_of_ours_names_no_picture(self, tmp_path, content):
        (tmp_path / "detections.json").write_text(content)
        assert detection._earlier_pictures(tmp_path) == set()

    def test_a_picture_s_name_leads_nowhere_else(self, tmp_path):
        (tmp_path / "detections.json").write_text('[{"picture": "../../etc/passwd"}]')
        assert detection._earlier_pictures(tmp_path) == {tmp_path.resolve() / "passwd"}


class TestDrawBoxes:
    def test_the_border_of_a_box_has_its_class_s_color(self):
        image = Image.new("RGB", (200, 100))
        drawing.draw_boxes(image, [(20, 50, 80, 150)], ["кот 90%"], [2])
        pixels = np.asarray(image)
        color = drawing.color_of_class(2)
        assert tuple(pixels[60, 50]) == color
        assert tuple(pixels[80, 100]) == color
        assert tuple(pixels[50, 100]) == (0, 0, 0)
        assert tuple(pixels[60, 149]) == color

    def test_boxes_at_or_beyond_the_border_are_drawn(self):
        image = Image.new("RGB", (60, 30))
        drawing.draw_boxes(image, [(-5, -5, 40, 70), (30, 60, 30, 60)], ["a" * 40, "b"], [1, 1])
        assert np.asarray(image).any()

    def test_neighboring_classes_differ(self):
        colors = {drawing.color_of_class(class_id) for class_id in range(1, 21)}
        assert len(colors) == 20


class TestReadImage:
    def test_formats_that_run_programs_are_not_opened(self, tmp_path):
        """Pillow would hand PostScript to Ghostscript, whatever the file is called."""
        path = tmp_path / "harmless.jpg"
        Image.new("RGB", (4, 4)).save(path, format="EPS")
        with pytest.raises(OSError, match="cannot identify"):
            detection._read_image(path)

    def test_the_high_byte_of_16_bit_pictures_counts(self, tmp_path):
        path = tmp_path / "deep.png"
        Image.fromarray(np.array([[0, 300, 65535]], np.uint16)).save(path)
        pixels = np.asarray(detection._read_image(path))
        assert pixels.tolist() == [[[0, 0, 0], [1, 1, 1], [255, 255, 255]]]

    def test_an_alpha_channel_is_dropped(self, tmp_path):
        path = tmp_path / "alpha.png"
        Image.new("RGBA", (2, 1), (10, 20, 30, 0)).save(path)
        assert np.asarray(detection._read_image(path)).tolist() == [[[10, 20, 30]] * 2]


@pytest.mark.tf
@pytest.mark.slow
class TestDetectImages:
    @pytest.fixture(scope="class")
    def images(self, shapes_dir):
        return sorted((shapes_dir / "JPEGImages").glob("*.jpg"))[:3]

    def test_pictures_and_data(self, exported_dir, images, tmp_path):
        label_map_path = exported_dir / "label_map.pbtxt"
        progress = RecordedProgress()
        result = detection.detect_images(
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
            with Image.open(path) as image, Image.open(tmp_path / path.name) as picture:
                assert picture.size == image.size
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
            detection.detect_images(saved_model, label_map, tmp_path, images, progress=progress)
        second = f"{images[1].stem}_2.jpg"
        names = {images[0].name, second, mine.name, "detections.json"}
        assert {path.name for path in tmp_path.iterdir()} == names
        entries = json.loads((tmp_path / "detections.json").read_text())
        assert [entry["picture"] for entry in entries] == [images[0].name, second]

        detection.detect_images(saved_model, label_map, tmp_path, images[2:])
        names = {images[2].name, mine.name, "detections.json"}
        assert {path.name for path in tmp_path.iterdir()} == names
        assert mine.read_text() == "mine"

    def test_a_broken_image_is_named_and_the_others_are_done(self, exported_dir, images, tmp_path):
        broken = tmp_path / "broken.jpg"
        broken.write_bytes(images[0].read_bytes()[:2000])
        with pytest.raises(OdapiError, match=r"1 of 2 images cannot be read") as caught:
            detection.detect_images(
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
        with pytest.raises(OdapiError, match="None of the images can be read") as caught:
            detection.detect_images(
                saved_model, exported_dir / "label_map.pbtxt", tmp_path / "out", [broken]
            )
        assert "broken.jpg" in str(caught.value)
        assert not (tmp_path / "out").exists()

    def test_what_is_no_saved_model_is_said(self, exported_dir, images, tmp_path):
        with pytest.raises(OdapiError, match="no SavedModel"):
            detection.detect_images(
                exported_dir, exported_dir / "label_map.pbtxt", tmp_path / "out", images
            )
        assert not (tmp_path / "out").exists()

    def test_a_damaged_or_foreign_saved_model_is_said(self, exported_dir, images, tmp_path):
        import tensorflow as tf

        damaged, foreign = tmp_path / "damaged", tmp_path / "foreign"
        damaged.mkdir()
        (damaged / "saved_model.pb").write_bytes(b"no protobuf")
        module = tf.Module()
        module.call = tf.function(lambda x: x, input_signature=[tf.TensorSpec([], tf.float32)])
        tf.saved_model.save(module, str(foreign), signatures=module.call)
        label_map_path = exported_dir / "label_map.pbtxt"
        module.detect = tf.function(
            lambda example: dict.fromkeys(
                detection._OUTPUTS, tf.io.parse_tensor(example[0], tf.float32)
            ),
            input_signature=[tf.TensorSpec([None], tf.string)],
        )
        no_pictures = tmp_path / "no_pictures"
        tf.saved_model.save(module, str(no_pictures), signatures=module.detect)
        for folder, message in (
            (damaged, "cannot be loaded"),
            (foreign, "is no detector"),
            (no_pictures, "does not take pictures"),
        ):
            with pytest.raises(OdapiError, match=message):
                detection.detect_images(folder, label_map_path, tmp_path / "out", images)
        assert not (tmp_path / "out").exists()

    def test_an_upright_image_is_the_same_as_its_rotated_copy(self, exported_dir, images, tmp_path):
        """Pixels turned by 90 degrees with the EXIF tag that says so are the same picture."""
        upright, rotated = tmp_path / "upright.png", tmp_path / "rotated.png"
        with Image.open(images[0]) as image:
            image.save(upright)
            exif = Image.Exif()
            exif[0x0112] = 6
            image.transpose(Image.Transpose.ROTATE_90).save(rotated, exif=exif)
        result = detection.detect_images(
            exported_dir / "saved_model",
            exported_dir / "label_map.pbtxt",
            tmp_path / "out",
            [upright, rotated],
            min_score=0.0,
        )
        first, second = json.loads(result.json_path.read_text())
        assert first["detections"] == second["detections"]
