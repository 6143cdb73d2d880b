from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odapi_ssd.data.dataset import Dataset, SplitEntry
from odapi_ssd.data.faults import Fault
from odapi_ssd.data.splits import divide_names, plan_splits
from odapi_ssd.errors import OdapiError, OptionError

KEYS = ("a", "b", "c", "d")


def only(items):
    assert len(items) == 1, items
    return items[0]


def dataset(keys=KEYS, **splits: str) -> Dataset:
    """A dataset whose splits hold the words given; `b.jpg` is another way to write `b`."""
    entries = {
        name: tuple(
            SplitEntry(
                key := text.removesuffix(".jpg"), text, "" if key in keys else f"no {text!r}"
            )
            for text in words.split()
        )
        for name, words in splits.items()
    }
    return Dataset(Path("data"), tuple(keys), {}, splits=entries)


def test_all_splits_but_trainval():
    plan = plan_splits(dataset(zoo="d", val="b", test="c", trainval="a b", train="a"))
    assert plan.splits == {"train": ("a",), "val": ("b",), "test": ("c",), "zoo": ("d",)}
    assert list(plan.splits) == ["train", "val", "test", "zoo"]
    assert plan.warnings == ()


def test_trainval_when_named():
    plan = plan_splits(dataset(train="a", val="b", trainval="b a"), ["trainval"])
    assert plan.splits == {"trainval": ("b", "a")}


def test_repeated_entries():
    plan = plan_splits(dataset(train="a b.jpg c a b d"))
    assert plan.splits == {"train": ("a", "b", "c", "d")}
    assert plan.faults == ()
    assert only(plan.warnings) == (
        "Split 'train' lists 2 images more than once; each is taken once."
    )


def test_unlisted_annotations_are_counted():
    (warning,) = plan_splits(dataset("abd", train="a b.jpg", trainval="c")).warnings
    assert warning.startswith("1 annotation is in none of the dataset's splits")


def test_images_in_trainval_alone_are_counted():
    data = dataset(train="a", val="b", trainval="a b.jpg c d gone")
    plan = plan_splits(data)
    assert plan.splits == {"train": ("a",), "val": ("b",)}
    assert plan.faults == ()
    (warning,) = plan.warnings
    assert "2 images are in split 'trainval' alone and left out" in warning
    assert plan_splits(data, ["train"]).warnings == ()  # As asked for.


def test_entries_that_name_no_image_are_faults():
    plan = plan_splits(dataset(train="a gone", val="lost"))
    assert plan.splits == {"train": ("a",), "val": ()}
    assert plan.faults == (
        Fault("gone", "split 'train': no 'gone'"),
        Fault("lost", "split 'val': no 'lost'"),
    )
    assert plan_splits(dataset(train="a", val="lost"), ["train"]).faults == ()


def test_splits_that_cannot_be_read():
    data = Dataset(Path("data"), KEYS, {}, split_faults=("val.txt is not text",))
    with pytest.raises(OdapiError, match=r"The splits of data cannot be read:\n.*val\.txt"):
        plan_splits(data)


def test_missing_split_lists_those_that_exist():
    with pytest.raises(OdapiError, match=r"'test'.*train, val"):
        plan_splits(dataset(train="a", val="b"), ["train", "test"])
    with pytest.raises(OdapiError, match=r"'test'.*train, val"):
        plan_splits(dataset(), ["test"])


def test_empty_split_is_left_out_or_refused_when_named():
    plan = plan_splits(dataset(train="a", val=""))
    assert list(plan.splits) == ["train"]
    assert "'val'" in plan.warnings[-1]
    with pytest.raises(OdapiError, match="'val' is empty"):
        plan_splits(dataset(train="a", val=""), ["val"])


def test_only_trainval_is_divided():
    plan = plan_splits(dataset(trainval="a b c"))
    assert sorted(plan.splits["train"] + plan.splits["val"]) == ["a", "b", "c"]
    assert "'trainval' is divided into 'train' and 'val'" in only(plan.warnings[1:])


def test_a_division_goes_by_the_entries_as_they_are_written():
    """These literals must never change: a user's val images would turn up in train."""
    plain = [f"{number:03d}" for number in range(10)]
    with_endings = [f"{name}.jpg" for name in plain]
    assert divide_names(with_endings)["val"] == ["003.jpg", "009.jpg"]
    plan = plan_splits(dataset(plain, trainval=" ".join(with_endings)))
    assert plan.splits["val"] == ("003", "009")
    assert plan_splits(dataset(plain)).splits["val"] == ("000", "009")


@pytest.mark.parametrize("empty", [{}, {"train": "", "val": " "}])
def test_trainval_without_train_and_val_is_divided_and_the_others_kept(empty):
    plan = plan_splits(dataset(trainval="a b c a.jpg", test="d", **empty), None, 0.4)
    assert list(plan.splits) == ["train", "val", "test"]
    assert sorted(plan.splits["train"] + plan.splits["val"]) == ["a", "b", "c"]
    assert plan.splits["test"] == ("d",)
    assert "'trainval' is divided into 'train' and 'val'" in only(plan.warnings)


def test_trainval_with_val_gives_train():
    data = dataset(trainval="c a b.jpg", val="b", test="d")
    plan = plan_splits(data)
    assert plan.splits == {"train": ("c", "a"), "val": ("b",), "test": ("d",)}
    assert "'trainval' is taken, without 'val', for it" in only(plan.warnings)
    assert "has no effect" in plan_splits(data, None, 0.5).warnings[-1]


def test_trainval_that_is_val():
    plan = plan_splits(dataset(trainval="a b", val="b a", test="c d"))
    assert list(plan.splits) == ["val", "test"]
    assert "Split 'train' is empty; it is left out." in plan.warnings


def test_trainval_is_not_divided_when_splits_are_named():
    data = dataset(trainval="a b", test="c")
    assert plan_splits(data, ["test"]).splits == {"test": ("c",)}
    with pytest.raises(OdapiError, match="'train'"):
        plan_splits(data, ["train"])


def test_no_image_but_in_an_empty_trainval():
    with pytest.raises(OdapiError, match="All splits of data are empty"):
        plan_splits(dataset(trainval=""))


def test_val_fraction_without_effect_is_told():
    warnings = plan_splits(dataset(train="a"), None, 0.5).warnings
    assert "--val_fraction has no effect" in warnings[-1]


def test_division_is_fixed_forever():
    """These literals must never change: a user's val images would turn up in train."""
    names = [f"{number:03d}" for number in range(10)]
    assert divide_names(names)["val"] == ["000", "009"]


@given(st.sets(st.text(min_size=1), min_size=2, max_size=30), st.floats(0.001, 0.999))
def test_division_is_complete_disjoint_and_independent_of_order(names, val_fraction):
    split = divide_names(sorted(names), val_fraction)
    assert split == divide_names(sorted(names, reverse=True), val_fraction)
    assert split["train"]
    assert split["val"]
    assert sorted(split["train"] + split["val"]) == sorted(names)


def test_twenty_percent_by_default():
    assert len(divide_names([str(number) for number in range(50)])["val"]) == 10


@pytest.mark.parametrize("val_fraction", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_val_fraction_out_of_range(val_fraction):
    with pytest.raises(OptionError, match="--val_fraction is"):
        divide_names(KEYS, val_fraction)


def test_one_image_cannot_be_divided():
    with pytest.raises(OdapiError, match="1 annotated image cannot be divided"):
        divide_names(["a"])
