"""The API's programs for tables: Open Images' annotations, and AVA's actions with their videos."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.support.dataset_files import (
    IMAGE_HW,
    boxes_yxyx,
    feature_values,
    read_examples,
    write_image,
    write_text,
)

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


class TestOpenImages:
    LABELS: Mapping[str, int] = {"/m/cat": 1, "/m/dog": 2}
    BOXES = (
        "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,"
        "IsOccluded,IsTruncated,IsGroupOf,IsDepiction\n"
        "00ff,xclick,/m/cat,1,0.125,0.5,0.25,0.75,1,0,0,1\n"
        "00ff,xclick,/m/tree,1,0.125,0.5,0.25,0.75,0,0,0,0\n"
        "0a01,xclick,/m/dog,1,0.25,1,0.5,0.625,0,1,1,0\n"
    )
    IMAGE_LABELS = (
        "ImageID,Source,LabelName,Confidence\n"
        "00ff,verification,/m/dog,0\n"
        "00ff,verification,/m/tree,1\n"
        "0a01,verification,/m/dog,1\n"
    )

    def test_open_images_examples_from_tables(self, tmp_path):
        import pandas as pd
        from object_detection.dataset_tools import oid_tfrecord_creation

        image = write_image(tmp_path / "image.jpg")
        boxes = pd.read_csv(io.StringIO(self.BOXES))
        labels = pd.read_csv(io.StringIO(self.IMAGE_LABELS))
        labels = labels.rename(columns={"Confidence": "ConfidenceImageLabel"})
        images = pd.DataFrame({"ImageID": ["00ff", "0a01", "0b02"]})
        by_image = pd.concat([boxes, images, labels]).groupby("ImageID")
        cat, dog, nothing = (
            oid_tfrecord_creation.tf_example_from_annotations_data_frame(rows, self.LABELS, image)
            for _, rows in by_image
        )
        np.testing.assert_array_equal(boxes_yxyx(cat), [[0.25, 0.125, 0.75, 0.5]])
        np.testing.assert_array_equal(boxes_yxyx(dog), [[0.5, 0.25, 0.625, 1]])
        assert boxes_yxyx(nothing).shape == (0, 4)
        expected: Mapping[str, list[list[Any]]] = {
            "image/encoded": [[image]] * 3,
            "image/filename": [[b"00ff.jpg"], [b"0a01.jpg"], [b"0b02.jpg"]],
            "image/source_id": [[b"00ff"], [b"0a01"], [b"0b02"]],
            "image/object/class/text": [[b"/m/cat"], [b"/m/dog"], []],
            "image/object/class/label": [[1], [2], []],
            "image/object/occluded": [[1], [0], []],
            "image/object/truncated": [[0], [1], []],
            "image/object/group_of": [[0], [1], []],
            "image/object/depiction": [[1], [0], []],
            # Positive and negative image labels are not distinguished.
            "image/class/text": [[b"/m/dog"], [b"/m/dog"], []],
            "image/class/label": [[2], [2], []],
        }
        for name, values in expected.items():
            assert [feature_values(e, name) for e in (cat, dog, nothing)] == values, name

    @pytest.mark.parametrize(
        ("annotation_type", "rows", "added"),
        [
            pytest.param(
                1,
                ["0a,/m/cat,1,0.1,0.2", "0a,/m/animal,1,0.3,0.4"],
                {"0a,/m/animal,1,0.1,0.2"},
                id="boxes-also-for-ancestors",
            ),
            pytest.param(
                2,
                ["0a,/m/cat,1,,", "0b,/m/animal,0,,"],
                {"0a,/m/animal,1,,", "0b,/m/cat,0,,", "0b,/m/dog,0,,"},
                id="negative-labels-also-for-descendants",
            ),
        ],
    )
    def test_labels_are_expanded_along_their_hierarchy(
        self, tmp_path, annotation_type, rows, added
    ):
        from odapi_ssd.plugin.api_programs import loaded_program

        leaves = '[{"LabelName": "/m/cat"}, {"LabelName": "/m/dog"}]'
        hierarchy = (
            '{"LabelName": "/m/entity", "Subcategory":'
            f' [{{"LabelName": "/m/animal", "Subcategory": {leaves}}}]}}'
        )
        header = "ImageID,LabelName,Confidence,XMin,XMax\n"
        table = header + "".join(f"{row}\n" for row in rows)
        with loaded_program(
            "dataset_tools.oid_hierarchical_labels_expansion",
            {
                "json_hierarchy_file": write_text(tmp_path / "hierarchy.json", hierarchy),
                "input_annotations": write_text(tmp_path / "input.csv", table),
                "output_annotations": tmp_path / "output.csv",
                "annotation_type": annotation_type,
            },
        ) as program:
            program.main([])
        lines = (tmp_path / "output.csv").read_text().splitlines()
        assert lines[0] == header.strip()
        assert sorted(lines[1:]) == sorted({*rows, *added})


class TestAva:
    """A video with one frame per second, whose gray level identifies it; one frame is annotated."""

    ANNOTATIONS = "clip,0902,0.125,0.25,0.5,0.75,12,0\n"
    LABEL_MAP = "item { name: 'stand' id: 12 }\n"
    BOX_YXYX = (0.25, 0.125, 0.75, 0.5)

    @pytest.fixture
    def program(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
        """The converter with annotations from disk instead of the network, and a short clip."""
        from object_detection.dataset_tools import create_ava_actions_tf_record as program

        archive = tmp_path / "ava_v2.2.zip"
        with zipfile.ZipFile(archive, "w") as content:
            content.writestr("ava_train_v2.2.csv", self.ANNOTATIONS)
            content.writestr("ava_train_excluded_timestamps_v2.2.csv", "clip,0903\n")
            label_map = "ava_action_list_v2.2_for_activitynet_2019.pbtxt"
            content.writestr(label_map, self.LABEL_MAP)
        self._write_video(tmp_path / "clip.avi", num_frames=910)
        monkeypatch.setattr(program, "ANNOTATION_URL", archive.as_uri())
        monkeypatch.setattr(program, "POSSIBLE_TIMESTAMPS", range(902, 906))
        splits = {name: {**split, "shards": 1} for name, split in program.SPLITS.items()}
        monkeypatch.setattr(program, "SPLITS", splits)
        return program

    def _write_video(self, path: Path, num_frames: int) -> None:
        import cv2

        codec = cv2.VideoWriter_fourcc(*"MJPG")
        video = cv2.VideoWriter(str(path), codec, 1, (IMAGE_HW[1], IMAGE_HW[0]))
        assert video.isOpened()
        for second in range(num_frames):
            video.write(np.full((*IMAGE_HW, 3), self._gray(second), np.uint8))
        video.release()

    def _gray(self, second: int) -> int:
        return second % 16 * 16

    def _assert_is_frame(self, encoded: bytes, second: int) -> None:
        pixels = np.asarray(Image.open(io.BytesIO(encoded)))
        assert pixels.shape == (*IMAGE_HW, 3)
        np.testing.assert_allclose(pixels, self._gray(second), atol=8)

    def _convert(self, program: Any, directory: Path, kind: str, **options: Any) -> list[Any]:
        ava = program.Ava(str(directory), str(directory / "annotations"))
        ava.generate_and_write_records("train", str(directory / "{0}"), **options)
        return read_examples(list(directory.glob("ava_actions_train_1fps_rgb-*")), kind)

    def test_ava_sequences_of_frames(self, program, tmp_path):
        sequences = self._convert(
            program,
            tmp_path,
            "SequenceExample",
            seconds_per_sequence=4,
            hop_between_sequences=2,
        )
        assert len(sequences) == 2

        def values(sequence: Any, name: str) -> list[list[Any]]:
            features = sequence.feature_lists.feature_list[name].feature
            kinds = [feature.WhichOneof("kind") for feature in features]
            return [
                list(getattr(feature, kind).value) if kind else []
                for feature, kind in zip(features, kinds, strict=True)
            ]

        first = min(sequences, key=lambda sequence: values(sequence, "image/source_id"))
        # 903 is excluded, so the sequence takes one second more.
        seconds = (900, 901, 902, 904)
        ids = [[f"{second}_clip".encode()] for second in seconds]
        assert values(first, "image/source_id") == ids
        images = values(first, "image/encoded")
        for second, (encoded,) in zip(seconds, images, strict=True):
            self._assert_is_frame(encoded, second)
        for side, value in zip(("ymin", "xmin", "ymax", "xmax"), self.BOX_YXYX, strict=True):
            assert values(first, f"region/bbox/{side}") == [[], [], [value], []]
        assert values(first, "region/label/string") == [[], [], [b"stand"], []]
        context = first.context.feature
        assert context["image/height"].int64_list.value == [IMAGE_HW[0]]
        assert context["image/width"].int64_list.value == [IMAGE_HW[1]]
        assert context["clip/media_id"].bytes_list.value == [b"clip"]

    def test_ava_frames_for_context(self, program, tmp_path):
        frames = self._convert(program, tmp_path, "Example", examples_for_context=True)
        by_id = {feature_values(frame, "image/source_id")[0]: frame for frame in frames}
        assert {b"902_clip", b"904_clip"} <= by_id.keys()
        assert b"903_clip" not in by_id
        annotated, other = by_id[b"902_clip"], by_id[b"904_clip"]
        np.testing.assert_array_equal(boxes_yxyx(annotated), [self.BOX_YXYX])
        assert feature_values(annotated, "image/object/class/label") == [12]
        assert feature_values(annotated, "image/object/class/text") == [b"stand"]
        self._assert_is_frame(feature_values(annotated, "image/encoded")[0], 902)
        assert boxes_yxyx(other).shape == (0, 4)
        self._assert_is_frame(feature_values(other, "image/encoded")[0], 904)
