import json

import pytest

from odapi_ssd.data.formats.coco_layout import find_layout

COCO = json.dumps({"images": [], "annotations": [], "categories": []})
OTHER = json.dumps({"version": "5.0", "shapes": [], "imagePath": "a.jpg"})


@pytest.fixture
def folder(tmp_path):
    """Makes a folder with the files given: COCO's, or others."""

    def make(*names, others=(), folders=()):
        for name in (*names, *others):
            path = tmp_path / "data" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(COCO if name in names else OTHER)
        for name in folders:
            (tmp_path / "data" / name).mkdir(parents=True, exist_ok=True)
        return tmp_path / "data"

    return make


@pytest.mark.parametrize(
    ("names", "folders", "expected"),
    [
        (
            ["annotations/instances_train2017.json", "annotations/instances_val2017.json"],
            ["train2017", "val2017", "test2017"],
            [("train", "train2017"), ("val", "val2017")],
        ),
        (
            ["annotations/instances_train.json", "annotations/instances_Validation.json"],
            ["images/train", "images/val"],
            [("val", "images/val"), ("train", "images/train")],
        ),
        (
            ["train/_annotations.coco.json", "valid/_annotations.coco.json"],
            [],
            [("train", "train"), ("val", "valid")],
        ),
        (["annotations.json"], ["images"], [("annotations", "images")]),
        (["labels.json"], ["data"], [("labels", "data")]),
        (["_annotations.coco.json"], [], [("_annotations.coco", ".")]),
        (["whatever it is.json"], [], [("whatever it is", ".")]),
        (["annotations/instances_default.json"], ["images"], [("default", "images")]),
        (
            ["annotations/instances_train2014.json", "annotations/instances_train2017.json"],
            ["train2014"],
            [("train2014", "train2014"), ("train2017", ".")],
        ),
        (
            ["north/annotations.json", "south/annotations.json"],
            ["north/images"],
            [("north_annotations", "north/images"), ("south_annotations", "south")],
        ),
        (["test-dev.json", "interval.json"], [], [("interval", "."), ("test-dev", ".")]),
    ],
)
def test_layouts(folder, names, folders, expected):
    root_dir = folder(*names, folders=folders)
    layout = find_layout(root_dir)
    found = [(one.split, one.images_dir.relative_to(root_dir).as_posix()) for one in layout.files]
    assert found == expected
    assert layout.root_dir == root_dir


def test_instances_are_chosen_before_keypoints_and_captions(folder):
    names = [f"annotations/{one}_val2017.json" for one in ("captions", "instances", "person")]
    layout = find_layout(folder(*names))
    assert [one.path.name for one in layout.files] == ["instances_val2017.json"]
    assert [path.name for path in layout.other_files] == [
        "captions_val2017.json", "person_val2017.json",
    ]  # fmt: skip


@pytest.mark.parametrize("below", ["", "annotations/"])
def test_a_single_file(folder, below):
    root_dir = folder(f"{below}instances_val2017.json", f"{below}other.json", folders=["val2017"])
    layout = find_layout(root_dir / below / "instances_val2017.json")
    (file,) = layout.files
    assert (layout.root_dir, file.images_dir) == (root_dir, root_dir / "val2017")


def test_the_folder_of_annotations_itself(folder):
    root_dir = folder("annotations/instances_val2017.json", folders=["val2017"])
    layout = find_layout(root_dir / "annotations")
    assert (layout.root_dir, layout.files[0].images_dir) == (root_dir, root_dir / "val2017")


@pytest.mark.parametrize(
    "content",
    [
        OTHER,
        "",
        "[]",
        "{",
        "not JSON",
        '{"images": [], "annotations": []}',
        '{"images": {}, "annotations": {}, "categories": {}}',
        '{"images": [{"id": 1, "name": "a.jpg"}]' + " " * 100_000,
        "[" * 1_000_000,
        "\x00\xff",
    ],
)
def test_other_files_are_not_recognized(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    assert find_layout(tmp_path) is None
    assert find_layout(tmp_path / "a.json") is None


@pytest.mark.parametrize(
    ("key", "item"),
    [
        ("images", {"id": 1, "file_name": "a.jpg"}),
        ("annotations", {"id": 1, "image_id": 2, "category_id": 3}),
    ],
)
def test_a_large_file_is_recognized_by_its_beginning(tmp_path, key, item):
    start = json.dumps({"info": {"year": 2017}, key: [item]})[:-2]
    (tmp_path / "a.json").write_text(start + ", {" + " " * 100_000 + "and what follows is not read")
    assert find_layout(tmp_path) is not None


def test_one_json_file_for_each_image_is_another_format(folder):
    others = [f"{number}.json" for number in range(40)]
    assert find_layout(folder(others=others)) is None
    assert find_layout(folder("annotations.json", others=others)) is not None


def test_hidden_files_and_folders_are_not_looked_into(folder):
    assert find_layout(folder("._annotations.json", ".trash/annotations.json")) is None
