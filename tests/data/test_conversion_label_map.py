"""Label maps of conversions into folders that hold an earlier one."""

import pytest

from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.label_map import read_label_map
from odapi_ssd.data.summary import DatasetSummary
from odapi_ssd.errors import OdapiError


@pytest.fixture
def output_dir(tmp_path):
    return tmp_path / "records"


@pytest.fixture
def convert(voc_dir, output_dir):
    """Converts images with one class each, a train and a val image of it."""

    def run(*names, **options):
        for path in (*voc_dir.annotations.iterdir(), *voc_dir.images.iterdir()):
            path.unlink()
        for name in names:
            for split in ("train", "val"):
                voc_dir.add(f"{split}_{name}", [(name, (1, 1, 9, 9))])
        splits = {split: [f"{split}_{name}" for name in names] for split in ("train", "val")}
        voc_dir.add_splits(**splits)
        return convert_dataset(voc_dir.root, output_dir, ConversionOptions(**options))

    return run


def test_added_classes_follow_those_that_were_there(convert, output_dir):
    assert convert("gnu", "yak").label_map == {"gnu": 1, "yak": 2}
    summary = convert("ape", "gnu", "yak", "zebu")
    assert list(summary.label_map.items()) == [("gnu", 1), ("yak", 2), ("ape", 3), ("zebu", 4)]
    assert read_label_map(output_dir / "label_map.pbtxt") == summary.label_map
    assert (
        "2 classes were added to the label map of this folder, which keeps its ids: "
        "ape (3), zebu (4)"
    ) in summary.warnings
    again = convert("ape", "gnu", "yak", "zebu")
    assert again.label_map == summary.label_map
    assert not any("added" in line for line in again.warnings)


def test_ids_of_a_given_label_map_stay_too(convert, output_dir, tmp_path):
    path = tmp_path / "map.pbtxt"
    path.write_text("# mine\nitem { id: 7 name: 'yak' display_name: 'Yak' }")
    convert("yak", label_map_path=path)
    assert convert("ape", "yak").label_map == {"yak": 7, "ape": 8}
    text = (output_dir / "label_map.pbtxt").read_text()
    assert text.startswith("# mine\nitem { id: 7 name: 'yak' display_name: 'Yak' }\nitem {")


def test_ids_are_made_anew_if_a_class_is_gone(convert):
    convert("ape", "gnu", "yak")
    summary = convert("gnu", "yak")
    assert summary.label_map == {"gnu": 1, "yak": 2}
    assert any(
        line.startswith("2 classes have another id than before, as")
        and line.endswith("gnu (2, now 1), yak (3, now 2)")
        for line in summary.warnings
    )
    assert not any("another id" in line for line in convert("gnu").warnings)


def test_vocs_unused_classes_are_not_gone(convert):
    assert convert("dog").label_map["dog"] == 12
    with_another = convert("dog", "drone").label_map
    assert (with_another["dog"], with_another["drone"], len(with_another)) == (12, 21, 21)


def test_splits_that_are_kept_have_the_earlier_classes(convert, output_dir):
    convert("gnu", "yak")
    summary = convert("ape", "gnu", "yak", splits=("val",))
    assert summary.label_map == {"gnu": 1, "yak": 2, "ape": 3}
    assert summary.splits["train"].num_objects_per_class == {"gnu": 1, "yak": 1, "ape": 0}
    assert summary.splits["val"].num_objects_per_class == {"gnu": 1, "yak": 1, "ape": 1}
    assert DatasetSummary.load(output_dir) == summary
    with pytest.raises(OdapiError, match="train with another label map"):
        convert("ape", "gnu", splits=("val",))


def test_a_label_map_that_is_not_the_programs_does_not_count(convert, output_dir):
    convert("gnu", "yak")
    with (output_dir / "label_map.pbtxt").open("a") as file:
        file.write("\n")
    assert convert("ape", "gnu", "yak", overwrite=True).label_map == {"ape": 1, "gnu": 2, "yak": 3}


def test_chosen_and_renamed_classes(convert, output_dir):
    summary = convert("ape", "dog", "gnu", classes=("dog", "ox"), rename=(("gnu", "ox"),))
    assert summary.label_map == {"dog": 1, "ox": 2}
    train = summary.splits["train"]
    assert (train.num_examples, train.num_objects) == (3, 2)
    assert any("2 images have no object of these" in line for line in summary.warnings)


def test_chosen_classes_without_an_object_stay(convert):
    summary = convert("dog", "person", classes=("person,sheep",))
    assert summary.label_map == {"person": 1, "sheep": 2}
    (line,) = (line for line in summary.warnings if "another id" in line)
    assert line.endswith("person is 1 (15 in the dataset), sheep is 2 (17 in the dataset)")


def test_chosen_classes_that_no_object_has(convert, output_dir, tmp_path):
    with pytest.raises(OdapiError, match=r"No object is of a class that --classes names \(sheep"):
        convert("dog", "person", classes=("sheep",))
    assert not output_dir.exists()
    path = tmp_path / "map.pbtxt"
    path.write_text("item { id: 7 name: 'sheep' }")
    summary = convert("dog", classes=("sheep",), label_map_path=path)
    assert summary.label_map == {"sheep": 7}
    assert not any("another id" in line for line in summary.warnings)
