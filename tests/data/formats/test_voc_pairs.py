import pytest

from odapi_ssd.data.formats.voc_pairs import find_pairs
from odapi_ssd.data.formats.voc_tree import scan_tree


def pairs_of(root, *names):
    """The pairs of a folder of such files: the paths of annotations and of images."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        is_xml = path.suffix == ".xml" and not path.stem.startswith("damaged")
        path.write_text("<annotation/>" if is_xml else "")
    return [
        tuple(one.relative_to(root).as_posix() for one in (pair.annotations_dir, pair.images_dir))
        for pair in find_pairs(scan_tree(root))
    ]


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (["a.xml", "a.jpg"], [(".", ".")]),
        (["a.xml", "IMG_1.jpg"], [(".", ".")]),
        (["annots/a.xml", "images/a.jpg"], [("annots", "images")]),
        (["Annotation/a.xml", "imgs/a.png", "README.txt"], [("Annotation", "imgs")]),
        (["labels/a.xml", "labels/a.txt", "img/a.jpg"], [("labels", "img")]),
        (["xml/a.xml", "photos/1/a.jpg", "photos/2/b.jpg"], [("xml", "photos")]),
        (["a.xml", "images/a.jpg"], [(".", "images")]),
        (["xml/a.xml", "a.jpg"], [("xml", ".")]),
        (["xml/a.xml", "1/a.jpg", "2/b.jpg"], [("xml", ".")]),
        (["x/y/xml/a.xml", "x/y/pics/a.jpg"], [("x/y/xml", "x/y/pics")]),
        (["xml/a.xml", "imgs/a.jpg", "masks/a.png"], [("xml", "imgs")]),
        (["xml/a.xml", "xml/logo.png", "xml/b.xml", "i/a.jpg", "i/b.jpg"], [("xml", ".")]),
        (
            ["images/train/a.jpg", "images/val/a.jpg", "ann/train/a.xml", "ann/val/a.xml"],
            [("ann", "images")],
        ),
        (["train/a.xml", "train/a.jpg", "valid/b.xml", "valid/b.jpg"], [(".", ".")]),
        (
            ["train/xml/a.xml", "train/img/a.jpg", "test/xmls/a.xml", "test/imgs/a.jpg"],
            [("test/xmls", "test/imgs"), ("train/xml", "train/img")],
        ),
        (["one/xml/a.xml", "two/xml/b.xml", "one/a.jpg", "b.jpg"], [(".", ".")]),
        (["a.xml", "a.jpg", "old/a.xml"], [(".", ".")]),
        (["a.xml"], [(".", ".")]),
        (["x/1/a.xml", "x/2/a.xml"], [("x", "x")]),
        (["damaged.xml"], [(".", ".")]),
        (["xml/1/damaged.xml", "xml/2/a.xml", "img/a.jpg"], [("xml", "img")]),
        (["lib/damaged.xml", "share/a.png"], []),
        (["a.jpg"], []),
        ([".xml/a.xml", "imgs/a.jpg"], []),
    ],
    ids=lambda value: " ".join(value) if value and isinstance(value[0], str) else "",
)
def test_pairs(tmp_path, names, pairs):
    assert pairs_of(tmp_path, *names) == pairs
