import os

import pytest

from odapi_ssd.data.dataset import read_dataset
from odapi_ssd.data.layout import ImageIndex, find_layout, list_annotations
from odapi_ssd.errors import OdapiError


def touch(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()


def test_voc_layout(voc_dir):
    voc_dir.add_splits(train=["a"])
    layout = find_layout(voc_dir.root)
    assert layout.is_voc
    assert (layout.annotations_dir, layout.images_dir) == (voc_dir.annotations, voc_dir.images)
    assert layout.split_lists_dir == voc_dir.root / "ImageSets" / "Main"


@pytest.mark.parametrize("above", ["x", "x/VOCdevkit"])
def test_single_year_folder_is_found_from_above(make_voc_dir, tmp_path, above):
    voc_dir = make_voc_dir(f"{above}/VOC2007")
    assert find_layout(tmp_path / "x").root_dir == voc_dir.root


def test_several_years_are_named(make_voc_dir, tmp_path):
    for year in ("VOC2007", "VOC2012"):
        make_voc_dir(f"devkit/{year}")
    with pytest.raises(OdapiError) as caught:
        find_layout(tmp_path / "devkit")
    assert [path.rsplit("/")[-1] for path in caught.value.details] == ["VOC2007", "VOC2012"]


@pytest.mark.parametrize("folders", [("annotations", "images"), ("Annotations", "Images")])
def test_flat_layout_with_two_folders(make_voc_dir, folders):
    flat = make_voc_dir("flat", annotations=folders[0], images=folders[1])
    layout = find_layout(flat.root)
    assert (layout.images_dir, layout.is_voc) == (flat.images, False)


def test_one_folder_for_all(tmp_path):
    touch(tmp_path, "a.xml", "a.jpg")
    layout = find_layout(tmp_path)
    assert layout.annotations_dir == layout.images_dir == tmp_path


@pytest.mark.parametrize("kind", ["empty", "absent", "file"])
def test_no_dataset(tmp_path, kind):
    path = tmp_path / "data"
    if kind == "empty":
        path.mkdir()
    elif kind == "file":
        path.touch()
    with pytest.raises(OdapiError, match=str(path)):
        find_layout(path)


def test_annotations_leave_out_hidden_files_and_take_any_letter_case(voc_dir):
    touch(voc_dir.annotations, "b.xml", "a.XML", "._b.xml", "readme.txt")
    (voc_dir.annotations / "folder.xml").mkdir()
    assert list(list_annotations(find_layout(voc_dir.root))) == ["a", "b"]


def test_names_in_another_encoding(voc_dir):
    touch(voc_dir.images, os.fsdecode(b"\xff.jpg"))
    assert ImageIndex(voc_dir.images).image_paths() == []
    touch(voc_dir.annotations, os.fsdecode(b"\xff.xml"))
    layout = find_layout(voc_dir.root)
    with pytest.raises(OdapiError, match="is not UTF-8") as caught:
        list_annotations(layout)
    str(caught.value).encode()  # It can be printed.


def test_no_annotations(voc_dir):
    with pytest.raises(OdapiError, match="Annotations"):
        list_annotations(find_layout(voc_dir.root))


def test_two_annotations_for_one_stem(voc_dir):
    touch(voc_dir.annotations, "a.xml", "a.XML")
    with pytest.raises(OdapiError, match=r"a\.XML and a\.xml"):
        list_annotations(find_layout(voc_dir.root))


@pytest.mark.parametrize(
    ("files", "filename", "stem", "expected"),
    [
        (["b.jpg", "a.jpg"], "b.jpg", "a", "b.jpg"),
        (["B.JPG"], "b.jpg", "a", "B.JPG"),
        (["b.jpg", "B.jpg"], "b.jpg", "a", "b.jpg"),
        (["b.jpg"], "b", "a", "b.jpg"),
        (["b.v2.jpg"], "b.v2", "a", "b.v2.jpg"),
        (["B.Png"], "b", "a", "B.Png"),
        (["a.jpg"], "gone.jpg", "a", "a.jpg"),
        (["a.JPEG"], None, "a", "a.JPEG"),
        (["A.png"], None, "a", "A.png"),
        (["ä b.bmp"], None, "ä b", "ä b.bmp"),
        (["a.xml", "a.txt", "a.gif"], None, "a", "a.gif"),
    ],
)
def test_find_image(tmp_path, files, filename, stem, expected):
    touch(tmp_path, *files)
    assert ImageIndex(tmp_path).find(filename, stem).name == expected


@pytest.mark.parametrize(
    ("files", "filename", "message"),
    [
        ([], "b.jpg", "no image named 'b.jpg', nor 'a'"),
        (["a.txt", ".a.jpg"], None, "no image named 'a'"),
        (["a.jpg", "a.png"], None, "several images fit, expected one: a.jpg, a.png"),
        (["B.jpg", "b.JPG"], "b.jpg", "several images fit"),
    ],
)
def test_find_image_fails(tmp_path, files, filename, message):
    touch(tmp_path, *files)
    with pytest.raises(OdapiError, match=message):
        ImageIndex(tmp_path).find(filename, "a")


def test_symbolic_link_to_an_image_elsewhere_is_fine(voc_dir, tmp_path):
    voc_dir.add("a")
    (voc_dir.images / "a.jpg").rename(tmp_path / "elsewhere.jpg")
    (voc_dir.images / "a.jpg").symlink_to(tmp_path / "elsewhere.jpg")
    assert read_dataset(voc_dir.root).image_paths["a"].name == "a.jpg"


def test_dataset_collects_all_that_is_wrong(voc_dir):
    voc_dir.add("good")
    voc_dir.add("bad", xml="no xml")
    voc_dir.add("gone")
    (voc_dir.images / "gone.jpg").unlink()
    voc_dir.add_image("extra.png")
    dataset = read_dataset(voc_dir.root)
    assert dataset.stems == ("bad", "gone", "good")
    assert list(dataset.image_paths) == ["good"]
    assert "Annotations/bad.xml" in dataset.faults[0]
    assert "Annotations/gone.xml" in dataset.missing_images["gone"]
    assert dataset.count_objects() == {"dog": 2}
    with pytest.raises(OdapiError, match=r"bad\.xml"):
        dataset.check_annotations()
