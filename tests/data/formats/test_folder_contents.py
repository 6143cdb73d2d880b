from pathlib import Path

import pytest

from odapi_ssd.data.formats import folder_contents
from odapi_ssd.data.formats.folder_contents import count_contents, kind_of


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.JPG", "image"),
        ("a.xml", "XML file"),
        ("train.record-00000-of-00001", "TFRecord file"),
        ("a.tar.gz", "archive"),
        ("a", "other file"),
    ],
)
def test_kind_of(name, kind):
    assert kind_of(Path(name)) == kind


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], "no files"),
        (["a.json"], "1 JSON file"),
        (
            ["annots/a.xml", "annots/b.xml", "pics/a.jpg", "x.json", "y.json", "z.json", "README"],
            "3 JSON files, 2 XML files in annots/, 1 image in pics/, 1 other file",
        ),
        (["a.csv", "train/a.csv", ".git/x.csv"], "2 CSV files in itself and train/"),
        ([f"{number}/a.txt" for number in range(4)], "4 text files in 4 folders"),
    ],
)
def test_describe(tmp_path, names, text):
    assert count_contents(touch(tmp_path, *names)).describe() == text


def test_very_many_files(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_contents, "_MAX_FILES", 2)
    contents = count_contents(touch(tmp_path, "a.txt", "b.txt", "c.txt"))
    assert contents.describe() == "at least 2 text files"
    assert contents.total("text file") == 2
