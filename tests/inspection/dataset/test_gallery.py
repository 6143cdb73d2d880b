import pytest

from odapi_ssd.data.formats import read_dataset
from odapi_ssd.inspection.dataset.gallery import (
    WantedImage,
    make_pictures,
    wanted_for_classes,
    wanted_for_problems,
)
from odapi_ssd.inspection.dataset.problems import ProblemCollector
from tests.support.faulty_dataset import write_faulty_dataset


def test_the_worst_problems_are_shown_and_each_image_once():
    collector = ProblemCollector()
    for number in range(20):
        views = {f"i{number % 10}": (number,)}
        collector.add("box_clipped", f"text {number}", views, weight=number)
    (group,) = collector.groups()
    wanted = wanted_for_problems(group)
    assert [one.key for one in wanted] == ["i9", "i8", "i7", "i6", "i5", "i4"]
    assert (wanted[0].numbers, wanted[0].caption) == ((19, 9), "text 19")


def test_problems_without_an_image():
    collector = ProblemCollector()
    collector.add("remark", "text")
    (group,) = collector.groups()
    assert wanted_for_problems(group) == []


@pytest.mark.parametrize(
    ("num_classes", "num_shown", "num_of_each"), [(1, 1, 8), (80, 80, 4), (1200, 160, 2)]
)
def test_the_more_classes_the_fewer_objects_of_each(num_classes, num_shown, num_of_each):
    samples = {f"class {n}": [(f"i{m}", 1) for m in range(8)] for n in range(num_classes)}
    wanted = wanted_for_classes(samples, {f"class {n}": n for n in range(num_classes)})
    assert len(wanted) == num_shown
    assert next(iter(wanted)) == f"class {num_classes - 1}"
    assert {len(some) for some in wanted.values()} == {num_of_each}
    assert all(one.is_sample for some in wanted.values() for one in some)


@pytest.mark.parametrize("num_workers", [1, 2])
def test_pictures_of_several_groups(tmp_path, num_workers):
    dataset = read_dataset(write_faulty_dataset(tmp_path))
    wanted = {
        "first": [WantedImage("good", caption="whole"), WantedImage("broken")],
        "second": [],
        "third": [WantedImage("good", (1,), is_sample=True)],
    }
    shown = make_pictures(dataset, wanted, num_workers)
    assert {group: [one.key for one in some] for group, some in shown.items()} == {
        "first": ["good"],
        "second": [],
        "third": ["good"],
    }
    assert shown["first"][0].caption == "whole"
    assert shown["first"][0].picture.width == 480
    assert shown["third"][0].picture.width == 144
