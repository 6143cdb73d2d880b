"""The API's converters of VOC, KITTI and the pets, from files on disk to the examples they write.

All images are 8-bit and wider than they are high, so that swapped height and width are noticed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.support.dataset_files import (
    IMAGE_HW,
    boxes_yxyx,
    feature_values,
    png_masks,
    read_examples,
    voc_xml,
    write_image,
    write_label_map,
    write_text,
)
from tests.support.dataset_programs import (
    dataset_program,
    decode_example,
    rectangle_mask,
    run_dataset_program,
)

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

_HEIGHT, _WIDTH = IMAGE_HW


class TestPascal:
    OBJECTS = (("person", (8, 5, 40, 45), 0), ("aeroplane", (20, 10, 80, 50), 1))

    @pytest.fixture
    def devkit_dir(self, tmp_path: Path) -> Path:
        """VOCdevkit with two images of VOC2007, one of them without objects."""
        voc = tmp_path / "VOCdevkit" / "VOC2007"
        for name, objects in (("000007", self.OBJECTS), ("000009", ())):
            write_image(voc / "JPEGImages" / f"{name}.jpg")
            text = voc_xml("VOC2007", f"{name}.jpg", objects)
            write_text(voc / "Annotations" / f"{name}.xml", text)
        splits = voc / "ImageSets" / "Main"
        write_text(splits / "aeroplane_trainval.txt", "000007  1\n000009 -1\n")
        write_label_map(voc.parent / "label_map.pbtxt", ["aeroplane", "person"])
        return voc.parent

    @pytest.mark.parametrize("without_difficult", [False, True])
    def test_pascal_examples_from_8_bit_images(self, devkit_dir, without_difficult):
        from lxml import etree

        path = devkit_dir / "VOC2007" / "Annotations" / "000007.xml"
        with dataset_program("create_pascal_tf_record") as program:
            from object_detection.utils import dataset_util

            data = dataset_util.recursive_parse_xml_to_dict(etree.fromstring(path.read_text()))
            example = program.dict_to_tf_example(
                data["annotation"],
                str(devkit_dir),
                {"aeroplane": 1, "person": 2},
                ignore_difficult_instances=without_difficult,
            )
        num_objects = 1 if without_difficult else 2
        expected = [[0.1, 0.1, 0.9, 0.5], [0.2, 0.25, 1.0, 1.0]][:num_objects]
        np.testing.assert_allclose(boxes_yxyx(example), expected, rtol=1e-6)
        assert feature_values(example, "image/object/class/label") == [2, 1][:num_objects]
        texts = [b"person", b"aeroplane"][:num_objects]
        assert feature_values(example, "image/object/class/text") == texts
        assert feature_values(example, "image/object/difficult") == [0, 1][:num_objects]
        assert feature_values(example, "image/object/truncated") == [1, 1][:num_objects]
        assert feature_values(example, "image/object/view") == [b"Left"] * num_objects
        image = (devkit_dir / "VOC2007" / "JPEGImages" / "000007.jpg").read_bytes()
        assert feature_values(example, "image/encoded") == [image]
        assert feature_values(example, "image/height") == [_HEIGHT]
        assert feature_values(example, "image/width") == [_WIDTH]

    def test_the_pascal_program_writes_a_record(self, devkit_dir, tmp_path):
        run_dataset_program(
            "create_pascal_tf_record",
            data_dir=devkit_dir,
            year="VOC2007",
            set="trainval",
            label_map_path=devkit_dir / "label_map.pbtxt",
            output_path=tmp_path / "pascal.record",
        )
        seven, nine = read_examples([tmp_path / "pascal.record"])
        assert feature_values(seven, "image/filename") == [b"000007.jpg"]
        assert feature_values(seven, "image/object/class/label") == [2, 1]
        assert boxes_yxyx(nine).shape == (0, 4)
        decoded = decode_example(seven)
        assert decoded["image"].shape == (_HEIGHT, _WIDTH, 3)
        np.testing.assert_array_equal(decoded["groundtruth_difficult"], [False, True])


class TestKitti:
    # type, truncated, occluded, alpha, box (xyxy in pixels), height, width, length, x, y, z, rot_y
    CAR = "Car 0.25 1 -1.5 8 5 40 45 1.5 1.75 4.5 -2.5 1.25 8.5 0.5"
    PEDESTRIAN = "Pedestrian 0.00 0 0.5 56 10 64 40 1.5 0.5 0.75 3.0 1.5 12.0 0.25"
    VAN = "Van 0.00 0 0.5 0 0 4 4 1.5 0.5 0.75 3.0 1.5 12.0 0.25"
    DONT_CARE = "DontCare -1 -1 -10 60 0 70 50 -1 -1 -1 -1000 -1000 -1000 -10"
    CLASSES = "car,pedestrian,dontcare"

    def _write(self, directory: Path, number: int, lines: Sequence[str]) -> Path:
        image_dir = directory / "data_object_image_2" / "training" / "image_2"
        path = image_dir / f"{number:06d}.png"
        write_image(path)
        label_path = directory / "training" / "label_2" / f"{number:06d}.txt"
        write_text(label_path, "".join(f"{line}\n" for line in lines))
        return path

    def test_kitti_examples_from_8_bit_images(self, tmp_path):
        path = self._write(tmp_path, 3, [self.CAR, self.VAN, self.PEDESTRIAN])
        with dataset_program("create_kitti_tf_record") as program:
            label_path = tmp_path / "training" / "label_2" / "000003.txt"
            annotations = program.read_annotation_file(str(label_path))
            kept = program.filter_annotations(annotations, ["car", "pedestrian"])
            labels = {"car": 1, "pedestrian": 2}
            example = program.prepare_example(str(path), kept, labels)
        expected = [[0.1, 0.1, 0.9, 0.5], [0.2, 0.7, 0.8, 0.8]]
        np.testing.assert_allclose(boxes_yxyx(example), expected, rtol=1e-6)
        assert feature_values(example, "image/object/class/text") == [b"car", b"pedestrian"]
        assert feature_values(example, "image/object/class/label") == [1, 2]
        assert feature_values(example, "image/object/truncated") == [0.25, 0.0]
        assert feature_values(example, "image/object/alpha") == [-1.5, 0.5]
        assert feature_values(example, "image/object/3d_bbox/length") == [4.5, 0.75]
        assert feature_values(example, "image/object/3d_bbox/z") == [8.5, 12.0]
        assert feature_values(example, "image/object/3d_bbox/rot_y") == [0.5, 0.25]
        assert feature_values(example, "image/format") == [b"png"]
        assert feature_values(example, "image/height") == [_HEIGHT]
        assert feature_values(example, "image/width") == [_WIDTH]
        assert feature_values(example, "image/encoded") == [path.read_bytes()]

    def test_the_kitti_program_drops_what_lies_in_regions_of_no_interest(self, tmp_path):
        self._write(tmp_path, 0, [self.CAR])
        self._write(tmp_path, 1, [self.CAR, self.PEDESTRIAN, self.DONT_CARE])
        self._write(tmp_path, 2, [self.VAN])
        label_map = write_label_map(tmp_path / "label_map.pbtxt", ["car", "pedestrian"])
        with dataset_program(
            "create_kitti_tf_record",
            data_dir=tmp_path,
            output_path=tmp_path / "kitti",
            classes_to_use=self.CLASSES,
            label_map_path=label_map,
            validation_set_size=1,
        ) as program:
            program.main([])
        (validated,) = read_examples([tmp_path / "kitti_val.tfrecord"])
        assert feature_values(validated, "image/object/class/text") == [b"car"]
        trained = read_examples([tmp_path / "kitti_train.tfrecord"])
        texts = [feature_values(example, "image/object/class/text") for example in trained]
        assert texts == [[b"car"], []]


class TestPet:
    FACE = (16, 10, 32, 25)
    OBJECTS = (("cat", FACE, 0),)
    NAMES = ("Abyssinian", "Birman")

    @pytest.fixture
    def data_dir(self, tmp_path: Path) -> Path:
        """Ten images; the trimap has a body (1) with a border (3) of one pixel, and background."""
        directory = tmp_path / "pets"
        trimap = np.full((_HEIGHT, _WIDTH), 2, np.uint8)
        trimap[5:46, 8:73] = 3
        trimap[6:45, 9:72] = 1
        names = [f"{breed}_{number}" for breed in self.NAMES for number in range(1, 6)]
        for name in names:
            write_image(directory / "images" / f"{name}.jpg")
            annotations = directory / "annotations"
            text = voc_xml("OXIIIT", f"{name}.jpg", self.OBJECTS)
            write_text(annotations / "xmls" / f"{name}.xml", text)
            path = annotations / "trimaps" / f"{name}.png"
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(trimap).save(path)
        lines = [f"{name} 1 1 1\n" for name in names]
        write_text(directory / "annotations" / "trainval.txt", "".join(lines))
        return directory

    def _examples(self, data_dir: Path, **options: Any) -> list[Any]:
        with dataset_program("create_pet_tf_record") as program:
            program.create_tf_record(
                str(data_dir / "pets.record"),
                2,
                {"Abyssinian": 1, "Birman": 2},
                str(data_dir / "annotations"),
                str(data_dir / "images"),
                ["Abyssinian_1", "Birman_1"],
                **options,
            )
        return read_examples(list(data_dir.glob("pets.record-*-of-00002")))

    def test_pet_faces(self, data_dir):
        examples = self._examples(data_dir, faces_only=True)
        assert [feature_values(e, "image/object/class/label") for e in examples] == [[1], [2]]
        for example in examples:
            np.testing.assert_allclose(boxes_yxyx(example), [[0.2, 0.2, 0.5, 0.4]], rtol=1e-6)
            assert "image/object/mask" not in example.features.feature
        assert feature_values(examples[0], "image/object/class/text") == [b"Abyssinian"]

    @pytest.mark.parametrize("mask_type", ["png", "numerical"])
    def test_pet_bodies_with_masks(self, data_dir, mask_type):
        examples = self._examples(data_dir, faces_only=False, mask_type=mask_type)
        body = rectangle_mask(5, 8, 46, 73)
        for example in examples:
            # The last pixel's own place is the box's edge.
            expected = [[5 / 50, 8 / 80, 45 / 50, 72 / 80]]
            np.testing.assert_allclose(boxes_yxyx(example), expected, rtol=1e-6)
            if mask_type == "png":
                np.testing.assert_array_equal(png_masks(example), [body])
            else:
                values = feature_values(example, "image/object/mask")
                np.testing.assert_array_equal(np.reshape(values, body.shape), body)
            number = {"numerical": 1, "png": 2}[mask_type]
            decoded = decode_example(example, load_instance_masks=True, instance_mask_type=number)
            np.testing.assert_array_equal(decoded["groundtruth_instance_masks"], [body])

    def test_the_pet_program_divides_the_images(self, data_dir):
        label_map = write_label_map(data_dir / "label_map.pbtxt", self.NAMES)
        with dataset_program(
            "create_pet_tf_record",
            data_dir=data_dir,
            output_dir=data_dir,
            label_map_path=label_map,
            faces_only=False,
            num_shards=3,
        ) as program:
            program.main([])
        filenames: list[bytes] = []
        for split, num_examples in (("train", 7), ("val", 3)):
            name = f"pets_fullbody_with_masks_{split}.record-*-of-00003"
            examples = read_examples(list(data_dir.glob(name)))
            assert len(examples) == num_examples
            filenames += [feature_values(example, "image/filename")[0] for example in examples]
        assert len(set(filenames)) == 10
