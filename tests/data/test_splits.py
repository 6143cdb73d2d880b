import pytest
from hypothesis import given
from hypothesis import strategies as st

from odapi_ssd.data.splits import divide_stems, plan_splits, read_split_lists
from odapi_ssd.errors import OdapiError, OptionError

STEMS = ("a", "b", "c", "d")


def only(items):
    assert len(items) == 1, items
    return items[0]


def write_lists(folder, **lists):
    for name, text in lists.items():
        (folder / f"{name}.txt").write_bytes(text.encode())
    return folder


def test_voc_lists_without_class_wise_ones_and_trainval(tmp_path):
    write_lists(tmp_path, train="a\n", val="b\n", trainval="a\nb\n", test="c\n", zoo="d\n",
                dog_train="a  1\nb -1\n", cat_val="a  0\n")  # fmt: skip
    assert plan_splits(tmp_path, STEMS).stems == {
        "train": ("a",),
        "val": ("b",),
        "test": ("c",),
        "zoo": ("d",),
    }


def test_trainval_when_named(tmp_path):
    write_lists(tmp_path, train="a\n", val="b\n", trainval="b\na\n")
    assert plan_splits(tmp_path, STEMS, ["trainval"]).stems == {"trainval": ("b", "a")}


def test_untidy_lines(tmp_path):
    write_lists(tmp_path, train="\ufeffa  \r\n\r\n b.jpg\r\nc.xml\na\n")
    plan = plan_splits(tmp_path, STEMS)
    assert plan.stems == {"train": ("a", "b", "c")}
    assert plan.faults == ()
    assert "lists 1 image more than once" in plan.warnings[-1]


def test_stem_that_looks_like_a_class_wise_line_in_a_plain_list(tmp_path):
    write_lists(tmp_path, train="picture 1\n")
    assert plan_splits(tmp_path, ["picture 1"]).stems == {"train": ("picture 1",)}


def test_unlisted_annotations_are_counted(tmp_path):
    write_lists(tmp_path, train="a\nb.jpg\n", trainval="c\n", dog_test="d 1\n")
    (warning,) = plan_splits(tmp_path, [*"abd"]).warnings
    assert warning.startswith("1 annotation is in no list")


def test_images_in_trainval_alone_are_counted(tmp_path):
    write_lists(tmp_path, train="a\n", val="b\n", trainval="a\nb.jpg\nc\nd\ngone\n")
    plan = plan_splits(tmp_path, STEMS)
    assert plan.stems == {"train": ("a",), "val": ("b",)}
    assert plan.faults == ()
    (warning,) = plan.warnings
    assert "2 images are in the list 'trainval' alone and left out" in warning
    assert plan_splits(tmp_path, STEMS, ["train"]).warnings == ()  # As asked for.


def test_underscore_alone_makes_no_class_wise_list(tmp_path):
    assert read_split_lists(write_lists(tmp_path, my_train="a\n")) == {"my_train": ["a"]}


@pytest.mark.parametrize("line", ["gone", "../../etc/passwd", "/etc/passwd", "..", "x\\y"])
def test_bad_lines_are_faults(tmp_path, line):
    write_lists(tmp_path, train=f"a\n{line}\n")
    plan = plan_splits(tmp_path, STEMS)
    assert plan.stems == {"train": ("a",)}
    (fault,) = plan.faults
    assert "'train'" in fault
    assert repr(line) in fault


def test_missing_split_lists_those_that_exist(tmp_path):
    write_lists(tmp_path, train="a\n", val="b\n")
    with pytest.raises(OdapiError, match=r"'test'.*train, val"):
        plan_splits(tmp_path, STEMS, ["train", "test"])
    with pytest.raises(OdapiError, match=r"'test'.*train, val"):
        plan_splits(None, STEMS, ["test"])


def test_empty_list_is_left_out_or_refused_when_named(tmp_path):
    write_lists(tmp_path, train="a\n", val="\n")
    plan = plan_splits(tmp_path, STEMS)
    assert list(plan.stems) == ["train"]
    assert "'val'" in plan.warnings[-1]
    with pytest.raises(OdapiError, match="'val' is empty"):
        plan_splits(tmp_path, STEMS, ["val"])


def test_only_trainval_is_divided(tmp_path):
    write_lists(tmp_path, trainval="a\nb\nc\n")
    plan = plan_splits(tmp_path, STEMS)
    assert sorted(plan.stems["train"] + plan.stems["val"]) == ["a", "b", "c"]
    assert "'trainval' is divided into 'train' and 'val'" in only(plan.warnings[1:])


@pytest.mark.parametrize("empty", [{}, {"train": "", "val": "\n"}])
def test_trainval_without_train_and_val_is_divided_and_the_others_kept(tmp_path, empty):
    write_lists(tmp_path, trainval="a\nb\nc\na.jpg\n", test="d\n", **empty)
    plan = plan_splits(tmp_path, STEMS, None, 0.4)
    assert list(plan.stems) == ["train", "val", "test"]
    assert sorted(plan.stems["train"] + plan.stems["val"]) == ["a", "b", "c"]
    assert plan.stems["test"] == ("d",)
    assert "'trainval' is divided into 'train' and 'val'" in only(plan.warnings)


def test_trainval_with_val_gives_train(tmp_path):
    write_lists(tmp_path, trainval="c\na\nb.jpg\n", val="b\n", test="d\n")
    plan = plan_splits(tmp_path, STEMS)
    assert plan.stems == {"train": ("c", "a"), "val": ("b",), "test": ("d",)}
    assert "'trainval' is taken, without 'val', for it" in only(plan.warnings)
    assert "has no effect" in plan_splits(tmp_path, STEMS, None, 0.5).warnings[-1]


def test_trainval_that_is_val(tmp_path):
    write_lists(tmp_path, trainval="a\nb\n", val="b\na\n", test="c\nd\n")
    plan = plan_splits(tmp_path, STEMS)
    assert list(plan.stems) == ["val", "test"]
    assert "The list of split 'train' is empty; it is left out." in plan.warnings


def test_trainval_is_not_divided_when_splits_are_named(tmp_path):
    write_lists(tmp_path, trainval="a\nb\n", test="c\n")
    assert plan_splits(tmp_path, STEMS, ["test"]).stems == {"test": ("c",)}
    with pytest.raises(OdapiError, match="'train'"):
        plan_splits(tmp_path, STEMS, ["train"])


def test_no_image_but_in_an_empty_trainval(tmp_path):
    with pytest.raises(OdapiError, match="are empty"):
        plan_splits(write_lists(tmp_path, trainval="\n"), STEMS)


def test_val_fraction_without_effect_is_told(tmp_path):
    write_lists(tmp_path, train="a\n")
    assert "--val_fraction has no effect" in plan_splits(tmp_path, STEMS, None, 0.5).warnings[-1]


def test_division_is_fixed_forever():
    """These literals must never change: a user's val images would turn up in train."""
    stems = [f"{number:03d}" for number in range(10)]
    assert divide_stems(stems)["val"] == ["000", "009"]


@given(st.sets(st.text(min_size=1), min_size=2, max_size=30), st.floats(0.001, 0.999))
def test_division_is_complete_disjoint_and_independent_of_order(stems, val_fraction):
    split = divide_stems(sorted(stems), val_fraction)
    assert split == divide_stems(sorted(stems, reverse=True), val_fraction)
    assert split["train"]
    assert split["val"]
    assert sorted(split["train"] + split["val"]) == sorted(stems)


def test_twenty_percent_by_default():
    assert len(divide_stems([str(number) for number in range(50)])["val"]) == 10


@pytest.mark.parametrize("val_fraction", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_val_fraction_out_of_range(val_fraction):
    with pytest.raises(OptionError, match="--val_fraction is"):
        divide_stems(STEMS, val_fraction)


def test_one_image_cannot_be_divided():
    with pytest.raises(OdapiError, match="cannot be divided"):
        divide_stems(["a"])
