import pytest

from odapi_ssd.data.formats.voc_tree import scan_tree


def write(root, **contents):
    root.mkdir(parents=True, exist_ok=True)
    for stem, text in contents.items():
        (root / f"{stem}.xml").write_text(text)
    return root


def test_files_are_counted_by_name(tmp_path):
    for name in ("a.XML", "b.xml", "b.JPG", "c.png", "notes.txt", ".d.xml"):
        (tmp_path / name).touch()
    write(tmp_path / "y" / "masks", a="")
    (tmp_path / "y" / "masks" / "a.png").touch()
    (tmp_path / ".git").mkdir()
    (tmp_path / "x.xml").mkdir()
    tree = scan_tree(tmp_path)
    assert (tree.num_xml, tree.num_images, tree.num_pairs) == (2, 2, 1)
    assert tree.xml_names == ("a.XML", "b.xml")
    assert list(tree.subfolders) == ["x.xml", "y"]
    masks = tree.subfolders["y"].subfolders["masks"]
    assert (masks.num_xml, masks.num_images) == (1, 0)
    assert [one.path.name for one in tree.folders()] == [tmp_path.name, "x.xml", "y", "masks"]


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ({}, (False, False)),
        ({"a": "<annotation/>"}, (True, False)),
        ({"a": "<annotations/>"}, (False, False)),
        ({"a": "no xml", "b": "<annotation/>"}, (True, False)),
        ({"a": "<annotations/>", "b": "<annotation/>"}, (True, False)),
        ({"a": "no xml", "b": ""}, (False, True)),
        ({"a": "no xml", "b": "<svg/>"}, (False, False)),
    ],
)
def test_annotations_are_told_by_the_root_of_the_first_files(tmp_path, contents, expected):
    tree = scan_tree(write(tmp_path / "x", **contents))
    assert (tree.has_annotations, tree.may_have_annotations) == expected


def test_links_in_a_circle_and_folders_without_end(tmp_path):
    (tmp_path / "circle").symlink_to(tmp_path)
    folder = tmp_path
    for _ in range(30):
        folder = folder / "d"
        folder.mkdir()
    tree = scan_tree(tmp_path)
    assert list(tree.subfolders) == ["circle", "d"]
    assert tree.subfolders["circle"].subfolders == {}
    assert len(list(tree.folders())) < 20
