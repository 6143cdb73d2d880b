import pytest

from odapi_ssd.data.split_folders import split_of_folder, splits_by_folder


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train", "train"),
        ("Valid", "val"),
        ("validation", "val"),
        ("TEST", "test"),
        ("trains", None),
        ("", None),
    ],
)
def test_split_of_folder(name, split):
    assert split_of_folder(name) == split


def keys_of(splits):
    return {name: [entry.key for entry in entries] for name, entries in splits.items()}


def test_the_first_path_with_a_split_decides():
    splits = splits_by_folder(
        {
            "a": ["xml/train/a.xml", "images/test/a.jpg"],
            "b": ["xml/b.xml", "images/valid/b.jpg"],
            "c": ["train/xml/c.xml"],
            "d": ["xml/train.xml", "d.jpg"],
        }
    )
    assert keys_of(splits) == {"train": ["a", "c"], "val": ["b"]}
    assert not any(entry.fault for entries in splits.values() for entry in entries)


@pytest.mark.parametrize(
    "paths",
    [
        {},
        {"a": ["a.xml"], "b": ["x/b.xml"]},
        {"a": ["train/a.xml"], "b": ["train/b.xml"]},
        {"a": ["val/a.xml"], "b": ["test/b.xml"]},
    ],
)
def test_folders_that_divide_nothing(paths):
    assert splits_by_folder(paths) == {}
