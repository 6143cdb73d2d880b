import random

from odapi_ssd.inspection.dataset.sampling import ImageSampler, ObjectSampler


def _choose(num_images, images):
    sampler = ImageSampler(num_images)
    for key, splits, names in images:
        sampler.add(key, splits, names)
    return sampler.choose()


def _images(count=200):
    return [(f"i{number}", ["val" if number % 5 else "train"], ["dog"]) for number in range(count)]


def test_every_class_of_every_split_is_shown():
    images = _images()
    images[7] = ("rare", ["val"], ["bird", "dog"])
    images[9] = ("rarer", ["train"], ["cat"])
    chosen = _choose(4, images)
    assert "rare" in chosen["val"]
    assert "rarer" in chosen["train"]
    assert sum(map(len, chosen.values())) == 4


def test_the_order_of_the_images_does_not_matter():
    images = _images()
    chosen = _choose(20, images)
    random.Random(0).shuffle(images)
    again = _choose(20, images)
    assert again == {split: chosen[split] for split in again}


def test_an_image_more_moves_few_others():
    before = set(_choose(20, _images())["val"])
    after = set(_choose(20, [*_images(), ("new", ["val"], ["dog"])])["val"])
    assert len(before - after) <= 1


def test_the_splits_share_the_places():
    chosen = _choose(20, _images())
    assert {split: len(keys) for split, keys in chosen.items()} == {"train": 10, "val": 10}
    assert len(set(chosen["train"])) == 10


def test_one_image_shows_several_classes():
    images = [(f"i{number}", ["train"], [f"class {number}"]) for number in range(30)]
    images.append(("all", ["train"], [f"class {number}" for number in range(30)]))
    chosen = _choose(31, images)["train"]
    assert "all" in chosen
    assert len(chosen) == 31


def test_few_images_are_all_chosen():
    chosen = _choose(60, [("a", ["train", "val"], []), ("b", ["val"], ["x"])])
    assert {split: sorted(keys) for split, keys in chosen.items()} == {
        "train": ["a"],
        "val": ["a", "b"],
    }
    assert _choose(60, []) == {}


def test_objects_are_of_different_images():
    sampler = ObjectSampler(3)
    for number in range(20):
        sampler.add(f"i{number}", {"dog": [1, 2, 3, 4], **({"cat": [9]} if number == 4 else {})})
    chosen = sampler.choose()
    assert chosen["cat"] == [("i4", 9)]
    assert len({key for key, _ in chosen["dog"]}) == 3
    assert all(number in (1, 2, 3, 4) for _, number in chosen["dog"])


def test_the_order_of_the_images_does_not_matter_to_objects():
    numbers = list(range(50))
    chosen = []
    for _ in range(2):
        sampler = ObjectSampler(5)
        for number in numbers:
            sampler.add(f"i{number}", {"dog": [number, number + 1]})
        chosen.append(sampler.choose())
        numbers.reverse()
    assert chosen[0] == chosen[1]
