from pathlib import Path

import pytest

from odapi_ssd.data.annotations import AnnotatedImage, Annotation
from odapi_ssd.data.dataset import Dataset, MissingImage, SplitEntry
from odapi_ssd.data.faults import Fault
from odapi_ssd.data.splits import plan_splits
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


def test_one_image_cannot_be_divided():
    with pytest.raises(OdapiError, match="1 annotated image cannot be divided"):
        plan_splits(dataset("a"))


@pytest.mark.parametrize("val_fraction", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_val_fraction_out_of_range(val_fraction):
    with pytest.raises(OptionError, match="--val_fraction is"):
        plan_splits(dataset(), None, val_fraction)


def test_a_division_is_fixed_forever():
    """These literals must never change: a user's val images would turn up in train.

    Without their files, images go by the names that entries have.
    """
    plain = [f"{number:03d}" for number in range(10)]
    assert plan_splits(dataset(plain)).splits["val"] == ("000", "009")
    entries = " ".join(f"{name}.jpg" for name in plain)
    assert plan_splits(dataset(plain, trainval=entries)).splits["val"] == ("003", "009")


class TestContents:
    """Divisions of real files."""

    @pytest.fixture
    def images(self):
        """Different images by name; the literals below are theirs."""
        return {f"{number:02d}.jpg": f"image {number}" for number in range(20)}

    @pytest.fixture
    def plan(self, tmp_path):
        def make(images, objects=(), **options):
            for name, content in images.items():
                (tmp_path / name).write_text(content)
            annotation = Annotation("a.xml", None, objects)
            by_key = {name: AnnotatedImage(name, tmp_path / name, annotation) for name in images}
            return plan_splits(Dataset(tmp_path, tuple(by_key), by_key), **options)

        return make

    def test_they_are_fixed_forever(self, images, plan):
        """These literals must never change: a user's val images would turn up in train."""
        assert plan(images).splits["val"] == ("07.jpg", "02.jpg", "11.jpg", "13.jpg")

    def test_names_do_not_matter(self, images, plan):
        renamed = {f"z{name[::-1]}": content for name, content in reversed(images.items())}
        by_content = [
            {named[key] for key in plan(named).splits["val"]} for named in (images, renamed)
        ]
        assert by_content[0] == by_content[1]

    def test_copies_are_in_one_split(self, images, plan):
        copies = {f"copy of {name}": content for name, content in images.items()}
        splits = plan({**images, **copies}).splits
        assert len(splits["val"]) == 8
        assert {key.removeprefix("copy of ") for key in splits["val"]}.isdisjoint(
            key.removeprefix("copy of ") for key in splits["train"]
        )

    def test_groups_are_in_one_split(self, plan):
        frames = {
            f"video{video}_{frame}.jpg": f"{video} {frame}"
            for video in range(10)
            for frame in range(5)
        }
        result = plan(frames, group_by=r"(.*)_\d+")
        assert len(result.splits["val"]) == 10
        videos = [{key[:6] for key in result.splits[split]} for split in ("train", "val")]
        assert videos[0].isdisjoint(videos[1])
        assert result.warnings == ()

    def test_one_group_cannot_be_divided(self, images, plan):
        with pytest.raises(OdapiError, match="1 group of images cannot be divided"):
            plan(images, group_by="jpg")

    def test_groups_that_do_not_fit_are_told(self, plan):
        frames = {f"{'ab'[number % 2]}{number}.jpg": str(number) for number in range(20)}
        result = plan(frames, group_by="^.")
        assert len(result.splits["val"]) == 10
        assert "'val' has 10 of 20 images instead of 4, as groups stay" in only(result.warnings)

    def test_copies_that_do_not_fit_are_told_without_groups(self, plan):
        copies = {f"{number}.jpg": str(number // 2) for number in range(6)}
        (warning,) = plan(copies, val_fraction=0.5).warnings
        assert "as copies of an image stay together" in warning
        assert "groups" not in warning

    def test_images_that_cannot_be_used_take_no_place(self, images, plan, tmp_path):
        data = Dataset(
            tmp_path,
            ("gone", "broken", "a", "b", "c", "d"),
            {key: AnnotatedImage(key, tmp_path / key, Annotation(key, None, ())) for key in "abcd"},
            missing_images={"gone": MissingImage(Annotation("gone", None, ()), "gone: no image")},
            faults={"broken": ("broken: it is",)},
        )
        splits = plan_splits(data, val_fraction=0.5).splits
        assert len(splits["val"]) == 2
        assert splits["train"][2:] == ("gone", "broken")


def test_group_by_without_effect_is_told():
    warnings = plan_splits(dataset(train="a", val="b", test="c d"), group_by="a").warnings
    assert only(warnings) == "--group_by has no effect: the dataset defines its splits."


def test_group_by_that_is_not_an_expression():
    with pytest.raises(OptionError, match="--group_by is '\\('"):
        plan_splits(dataset(), group_by="(")
