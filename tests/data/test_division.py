import hashlib
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odapi_ssd.data.division import DivisionUnit, divide_units, num_val_images

FRACTIONS = st.floats(0.02, 0.98)


def order_of(text):
    return hashlib.sha256(text.encode()).digest()[:8]


def unit(name, *class_names):
    """One image, with each of its classes once."""
    return DivisionUnit(order_of(name), (name,), dict.fromkeys(class_names, 1))


def group(name, *images):
    """Several images, each given as its classes."""
    keys = tuple(f"{name}{number}" for number in range(len(images)))
    counts = Counter(one for class_names in images for one in set(class_names))
    return DivisionUnit(order_of(name), keys, counts)


def random_units(seed, num_images=300, classes="abcdefgh"):
    """Images with one to four classes, each class about half as frequent as the one before."""
    generator = random.Random(seed)
    weights = [2.0**-rank for rank in range(len(classes))]
    return [
        unit(str(number), *generator.choices(classes, weights, k=generator.randint(0, 4)))
        for number in range(num_images)
    ]


def num_of_class(units, keys, name):
    wanted = set(keys)
    return sum(one.class_counts.get(name, 0) for one in units if one.keys[0] in wanted)


def test_by_hand():
    """Of ten images, two have a cat, one of them in each; the first by hash goes to val."""
    units = [
        unit(f"{number}", *(("cat", "dog") if number < 2 else ("dog",))) for number in range(10)
    ]
    split = divide_units(units, 0.2)
    assert len(split["val"]) == 2
    first_cat = min("01", key=order_of)
    assert first_cat in split["val"]
    first_dog = min((str(number) for number in range(2, 10)), key=order_of)
    assert split["val"] == sorted([first_cat, first_dog], key=order_of)


@pytest.mark.parametrize(
    ("num_images", "fraction", "expected"),
    [(2, 0.001, 1), (2, 0.999, 1), (10, 0.2, 2), (10, 0.26, 3), (10, 0.99, 9), (1000, 0.0001, 1)],
)
def test_number_of_val_images(num_images, fraction, expected):
    assert num_val_images(num_images, fraction) == expected


@st.composite
def any_units(draw):
    """Groups of one to five images with up to three of six classes."""
    images = st.lists(st.sampled_from("abcdef"), max_size=3, unique=True)
    groups = draw(st.lists(st.lists(images, min_size=1, max_size=5), min_size=2, max_size=25))
    return [group(f"{number}-", *one) for number, one in enumerate(groups)]


@given(any_units(), FRACTIONS, st.randoms())
def test_complete_disjoint_together_and_whatever_the_order(units, fraction, generator):
    split = divide_units(units, fraction)
    assert split["train"]
    assert split["val"]
    everything = [key for one in units for key in one.keys]
    assert sorted(split["train"] + split["val"]) == sorted(everything)
    val = set(split["val"])
    assert all(len(val & set(one.keys)) in (0, len(one.keys)) for one in units)
    shuffled = list(units)
    generator.shuffle(shuffled)
    assert divide_units(shuffled, fraction) == split


@given(st.lists(st.integers(0, 3), min_size=4, max_size=60), st.floats(0.05, 0.95))
def test_one_class_an_image_is_divided_exactly(class_numbers, fraction):
    """Each class of two images or more is in both; its share differs by one image at the most."""
    units = [
        unit(str(number), "abcd"[class_number]) for number, class_number in enumerate(class_numbers)
    ]
    split = divide_units(units, fraction)
    for name, number in Counter("abcd"[one] for one in class_numbers).items():
        num_in_val = num_of_class(units, split["val"], name)
        if number > 1:
            assert 1 <= num_in_val <= number - 1
            assert abs(num_in_val - fraction * number) < 1.5


@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.5])
@pytest.mark.parametrize("seed", range(20))
def test_shares_of_classes_that_occur_together(seed, fraction):
    units = random_units(seed)
    split = divide_units(units, fraction)
    assert len(split["val"]) == round(len(units) * fraction)
    for name in "abcdefgh":
        number = sum(one.class_counts.get(name, 0) for one in units)
        num_in_val = num_of_class(units, split["val"], name)
        assert abs(num_in_val - fraction * number) <= 2
        if number > 1:
            assert 1 <= num_in_val <= number - 1
    negatives = [one.keys[0] for one in units if not one.class_counts]
    num_negatives = len(set(negatives) & set(split["val"]))
    assert abs(num_negatives - fraction * len(negatives)) <= 2


def test_rare_classes_go_before_the_size():
    """Twenty classes of two images each: val needs one of each, whatever its share."""
    units = [unit(f"{name}{number}", name) for name in map(str, range(20)) for number in "ab"]
    split = divide_units(units, 0.1)
    assert len(split["val"]) == 20
    assert {key[:-1] for key in split["val"]} == {key[:-1] for key in split["train"]}


def test_the_only_image_of_a_class_is_trained_on():
    units = [unit(str(number), "dog") for number in range(30)]
    units += [unit(f"only {name}", name, "dog") for name in "abcdefgh"]
    assert not [key for key in divide_units(units, 0.5)["val"] if key.startswith("only")]


def test_groups_of_uneven_size():
    """The largest does not fit into val, where one class alone would take it."""
    sizes = (60, 12, 9, 8, 6, 5)
    units = [group(f"g{size}-", *[("dog",)] * size) for size in sizes]
    val = divide_units(units, 0.2)["val"]
    assert abs(len(val) - 20) <= 3
    assert not any(key.startswith("g60") for key in val)


@pytest.mark.parametrize("fraction", [0.01, 0.99])
def test_no_split_is_empty(fraction):
    split = divide_units([unit("a", "dog"), unit("b", "cat")], fraction)
    assert len(split["val"]) == len(split["train"]) == 1


def test_one_unit_cannot_be_divided():
    with pytest.raises(ValueError, match="1 units cannot be divided"):
        divide_units([unit("a")], 0.5)


def test_an_image_that_is_added_moves_few_others():
    """Of 300 images, never more than a dozen, and on average fewer than two."""
    moved = []
    for seed in range(40):
        units = random_units(seed)
        before = set(divide_units(units, 0.2)["val"])
        added = unit(f"added {seed}", *("abcdefgh"[seed % 8],) * (seed % 3 > 0))
        after = set(divide_units([*units, added], 0.2)["val"]) - {added.keys[0]}
        moved.append(len(before ^ after))
    assert max(moved) <= 12
    assert sum(moved) / len(moved) < 2
