"""What YOLO datasets say about themselves, and what strangers write there."""

import pytest

from odapi_ssd.data.formats.yolo_config import (
    CLASS_LISTS,
    YoloConfig,
    find_yaml,
    list_class_lists,
    read_config,
)
from odapi_ssd.errors import OdapiError
from tests.support.dataset_files import write_text


def config_of(folder, text):
    write_text(folder / "data.yaml", text)
    return read_config(folder)


class TestYaml:
    def test_everything(self, tmp_path):
        text = (
            "path: ../pets\ntrain: [images/a, images/b]\nvalid: images/c\ntest: ~\nnc: 2\n"
            "kpt_shape: [17, 3]\nnames: {3: dog, 1: no}\nroboflow: {license: CC}\n"
            "hard: [images/d]\n../up: images/a\nflip_idx: []\n"
            "download: https://host/images/a\n"
        )
        assert config_of(tmp_path, text) == YoloConfig(
            source="data.yaml",
            class_names={3: "dog", 1: "no"},
            base="../pets",
            splits={"train": ("images/a", "images/b"), "val": ("images/c",)},
            others={"hard": ("images/d",)},
            num_keypoint_values=51,
        )

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("names: dog", "data.yaml: names is 'dog', expected a list of class names, or"),
            ("names:", "data.yaml: names is '', expected a list of class names"),
            ("names: []", "data.yaml: has 0 classes, expected 1 to 100,000"),
            ("names: [a, a]", "data.yaml: the classes 0 and 1 are both 'a', expected different"),
            ("names: [a, ' ']", "data.yaml: the name of class 1 is empty or not a text"),
            ("names: [a, [b]]", "data.yaml: the name of class 1 is empty or not a text"),
            ("names: {a: 0}", "data.yaml: names has the key 'a', expected a number from 0 for"),
            ("names: {-1: a}", "data.yaml: names has the key '-1', expected a number from 0"),
            (f"names: {{{'9' * 999}: a}}", f"data.yaml: names has the key '{'9' * 39}…, expected"),
            ("names: {1: a, 01: b}", "data.yaml: the classes 1 and 1 are both 'b', expected diff"),
            ("names: [a]\nnc: 2", "data.yaml: nc is '2', but names has 1; expected the same num"),
            ("names: [a]\nnc: [1]", "data.yaml: nc is \"['1']\", but names has 1; expected the"),
            ("names: [a]\ntrain: {a: b}", "data.yaml: train is not a path or a list of paths"),
            ("names: [a]\nval: [[a]]", "data.yaml: val is not a path or a list of paths"),
            ("names: [a]\nkpt_shape: 17", "data.yaml: kpt_shape is '17', expected two whole"),
            ("- names: [a]", "data.yaml: is not a mapping, expected `names:` and the like"),
            ("names: [a]\nx: !!python/name:os.system ''", "data.yaml: line 2 has the tag"),
        ],
    )
    def test_what_is_refused(self, tmp_path, text, message):
        with pytest.raises(OdapiError) as caught:
            config_of(tmp_path, text)
        assert caught.value.problem.startswith(message)

    def test_which_file(self, tmp_path):
        assert find_yaml(tmp_path) is None
        write_text(tmp_path / "a.yaml", "services: []")
        write_text(tmp_path / "b.yml", "names: [a]")
        assert find_yaml(tmp_path).name == "b.yml"
        write_text(tmp_path / "DATA.yaml", "names: [b]")
        assert find_yaml(tmp_path).name == "DATA.yaml"

    def test_utf_16(self, tmp_path):
        (tmp_path / "data.yaml").write_bytes("nc: 1\r\nnames: [Löwe]\r\n".encode("utf-16"))
        assert read_config(tmp_path).class_names == {0: "Löwe"}


class TestLists:
    @pytest.mark.parametrize("name", CLASS_LISTS)
    def test_one_name_per_line(self, tmp_path, name):
        (tmp_path / name).write_bytes("\ufeffdog\r\nLöwe \r\n\r\n".encode())
        assert read_config(tmp_path).class_names == {0: "dog", 1: "Löwe"}

    def test_an_empty_line_between_names(self, tmp_path):
        write_text(tmp_path / "classes.txt", "dog\n\ncat\n")
        with pytest.raises(OdapiError, match=r"classes\.txt: the name of class 1 is empty"):
            read_config(tmp_path)

    def test_lists_of_splits_agree(self, tmp_path):
        for split in ("train", "valid"):
            write_text(tmp_path / split / "_darknet.labels", "dog\n")
        assert len(list_class_lists(tmp_path)) == 2
        assert read_config(tmp_path).class_names == {0: "dog"}
        write_text(tmp_path / "valid" / "_darknet.labels", "cat\n")
        with pytest.raises(OdapiError, match=r"train/_darknet\.labels and valid/_darknet\.labels"):
            read_config(tmp_path)

    def test_lists_of_images(self, tmp_path):
        write_text(tmp_path / "classes.txt", "dog\n")
        write_text(tmp_path / "train.txt", "")
        assert read_config(tmp_path).splits == {"train": ("train.txt",)}
        write_text(tmp_path / "obj.data", "classes=1\ntrain = data/all.txt\nvalid=data/val.txt\n")
        splits = read_config(tmp_path).splits
        assert splits == {"train": ("data/all.txt",), "val": ("data/val.txt",)}

    def test_neither(self, tmp_path):
        with pytest.raises(OdapiError, match="No class names in"):
            read_config(tmp_path)
