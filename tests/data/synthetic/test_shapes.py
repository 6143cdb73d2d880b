from pathlib import Path

import pytest

from odapi_ssd.data.formats import read_dataset
from odapi_ssd.data.images import read_image
from odapi_ssd.data.splits import plan_splits
from odapi_ssd.data.synthetic.drawing import CLASS_NAMES
from odapi_ssd.data.synthetic.shapes import split_stems, write_shapes
from odapi_ssd.errors import OdapiError, OptionError


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def shapes_dir(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("shapes") / "data"
    write_shapes(folder, num_images=24, seed=3)
    return folder


def test_is_a_sound_voc_dataset(shapes_dir):
    dataset = read_dataset(shapes_dir)
    assert dataset.root_dir == shapes_dir
    assert not dataset.faults
    assert not dataset.missing_images
    assert dataset.class_names() == set(CLASS_NAMES)
    plan = plan_splits(dataset)
    assert {name: len(keys) for name, keys in plan.splits.items()} == {
        "train": 18,
        "val": 3,
        "test": 3,
    }
    for one in dataset.images.values():
        height, width = read_image(one.path).image_hw
        annotation = one.annotation
        assert annotation.declared_hw == (height, width)
        assert height != width
        assert 1 <= len(annotation.objects) <= 5
        for one in annotation.objects:
            xmin, ymin, xmax, ymax = one.box_xyxy_px
            assert 0 <= xmin < xmax <= width
            assert 0 <= ymin < ymax <= height
            side = max(xmax - xmin, ymax - ymin) / min(width, height)
            assert 0.23 < side < 0.52


def test_same_seed_same_bytes_another_seed_other_bytes(shapes_dir, tmp_path):
    write_shapes(tmp_path / "same", num_images=24, seed=3)
    write_shapes(tmp_path / "other", num_images=24, seed=4)
    assert files(tmp_path / "same") == files(shapes_dir)
    name = "JPEGImages/shapes_00001.jpg"
    assert files(tmp_path / "other")[name] != files(shapes_dir)[name]


def test_first_images_do_not_depend_on_how_many_there_are(shapes_dir, tmp_path):
    write_shapes(tmp_path / "few", num_images=3, seed=3)
    name = "JPEGImages/shapes_00002.jpg"
    assert files(tmp_path / "few")[name] == files(shapes_dir)[name]


@pytest.mark.parametrize(
    ("num_images", "expected"),
    [(3, (1, 1, 1)), (8, (6, 1, 1)), (100, (76, 12, 12)), (400, (300, 50, 50))],
)
def test_split_sizes(num_images, expected):
    splits = split_stems([str(number) for number in range(num_images)])
    assert tuple(len(splits[name]) for name in ("train", "val", "test")) == expected
    assert splits["trainval"] == splits["train"] + splits["val"]
    assert not set(splits["trainval"]) & set(splits["test"])


def test_its_own_folder_is_replaced(tmp_path):
    write_shapes(tmp_path / "data", num_images=5)
    write_shapes(tmp_path / "data", num_images=3)
    assert len(list((tmp_path / "data" / "JPEGImages").iterdir())) == 3


@pytest.mark.parametrize("name", ["JPEGImages/mine.jpg", "Annotations/shapes_00001.xml"])
def test_what_it_did_not_write_is_in_the_way(tmp_path, name):
    write_shapes(tmp_path, num_images=3)
    (tmp_path / name).write_text("mine")
    before = files(tmp_path)
    with pytest.raises(OdapiError, match=f"did not write, .*{tmp_path / name}"):
        write_shapes(tmp_path, num_images=4)
    assert files(tmp_path) == before
    write_shapes(tmp_path, num_images=4, overwrite=True)
    assert b"mine" not in files(tmp_path).values()


def test_it_adds_to_a_folder(tmp_path):
    (tmp_path / "precious.txt").write_text("mine")
    write_shapes(tmp_path, num_images=3)
    assert files(tmp_path)["precious.txt"] == b"mine"
    assert len(list((tmp_path / "JPEGImages").iterdir())) == 3


def test_too_few_images(tmp_path):
    with pytest.raises(OptionError, match="--num_images is 2; 3 or more"):
        write_shapes(tmp_path, num_images=2)
