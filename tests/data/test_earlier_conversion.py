"""Converting into a folder that holds something already: a conversion, or a user's files."""

import os

import pytest

from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.earlier_conversion import shard_names
from odapi_ssd.data.summary import DatasetSummary
from odapi_ssd.errors import OdapiError
from odapi_ssd.outputs.manifest import files_below


@pytest.fixture
def three_images(voc_dir):
    """Two images of train and one of val, each with a zebra."""
    for stem in ("00", "01", "02"):
        voc_dir.add(stem, [("zebra", (1, 1, 9, 9))])
    voc_dir.add_splits(train=["00", "01"], val=["02"])
    return voc_dir


@pytest.fixture
def output_dir(tmp_path):
    return tmp_path / "records"


def _contents(folder):
    return {path.name: path.read_bytes() for path in files_below(folder)}


def _refusal(voc_dir, output_dir, **options):
    """What a conversion says that must change nothing."""
    before = _contents(output_dir)
    with pytest.raises(OdapiError) as caught:
        convert_dataset(voc_dir.root, output_dir, ConversionOptions(**options))
    assert _contents(output_dir) == before
    return str(caught.value)


def test_shards_are_those_that_configs_match(tmp_path):
    names = ["a[1].record-00000-of-00001", "a[1].record-00003-of-00009"]
    for name in (*names, "a1.record-00000-of-00001", "a[1].record", "a[1].record-0-of-1"):
        (tmp_path / name).touch()
    assert shard_names(tmp_path, "a[1]") == names
    assert shard_names(tmp_path / "none", "a[1]") == []


class TestAnEarlierConversion:
    def test_its_other_splits_stay(self, three_images, output_dir):
        convert_dataset(three_images.root, output_dir, ConversionOptions(splits=("train",)))
        options = ConversionOptions(splits=("val",))
        summary = convert_dataset(three_images.root, output_dir, options)
        assert list(summary.splits) == ["train", "val"]
        kept = [warning for warning in summary.warnings if "earlier conversion" in warning]
        assert len(kept) == 1
        assert kept[0].startswith("Split 'train' was kept from an earlier conversion")
        assert DatasetSummary.load(output_dir) == summary
        assert (output_dir / "train.record-00000-of-00001").exists()

    def test_another_label_map_does_not_mix_with_it(self, three_images, output_dir, tmp_path):
        convert_dataset(three_images.root, output_dir)
        path = tmp_path / "map.pbtxt"
        path.write_text('item { id: 3 name: "zebra" }')
        message = _refusal(three_images, output_dir, splits=("val",), label_map_path=path)
        assert "train with another label map" in message
        options = ConversionOptions(label_map_path=path)
        summary = convert_dataset(three_images.root, output_dir, options)
        assert not any("earlier conversion" in warning for warning in summary.warnings)
        assert DatasetSummary.load(output_dir).label_map == {"zebra": 3}

    @pytest.mark.parametrize("name", ["label_map.pbtxt", "dataset.json"])
    def test_its_edited_files_are_in_the_way(self, three_images, output_dir, name):
        convert_dataset(three_images.root, output_dir)
        with (output_dir / name).open("a") as file:
            file.write("\n")
        message = _refusal(three_images, output_dir)
        assert str(output_dir / name) in message
        assert "edited since" in message
        convert_dataset(three_images.root, output_dir, ConversionOptions(overwrite=True))
        convert_dataset(three_images.root, output_dir)


class TestAnEditedConversion:
    """Its `dataset.json` is no longer the program's, but its records are there."""

    def _edit(self, output_dir):
        with (output_dir / "dataset.json").open("a") as file:
            file.write("\n")

    def test_another_label_map_does_not_mix_with_it(self, three_images, output_dir, tmp_path):
        convert_dataset(three_images.root, output_dir)
        self._edit(output_dir)
        path = tmp_path / "map.pbtxt"
        path.write_text('item { id: 3 name: "zebra" }')
        options = {"splits": ("train",), "label_map_path": path, "overwrite": True}
        assert "val with another label map" in _refusal(three_images, output_dir, **options)
        for shard in shard_names(output_dir, "val"):
            (output_dir / shard).unlink()
        summary = convert_dataset(three_images.root, output_dir, ConversionOptions(**options))
        assert (list(summary.splits), summary.label_map) == (["train"], {"zebra": 3})

    @pytest.mark.parametrize("is_there", [True, False])
    def test_its_other_splits_are_named(self, three_images, output_dir, is_there):
        convert_dataset(three_images.root, output_dir)
        self._edit(output_dir)
        if not is_there:
            (output_dir / "dataset.json").unlink()
        options = ConversionOptions(splits=("train",), overwrite=True)
        summary = convert_dataset(three_images.root, output_dir, options)
        assert list(summary.splits) == ["train"]
        named = [text for text in summary.warnings if text.startswith("Records of 'val' were in")]
        assert len(named) == 1
        assert DatasetSummary.load(output_dir) == summary
        assert not any(
            "Records of" in text for text in convert_dataset(three_images.root, output_dir).warnings
        )


class TestAUsersFiles:
    NAMES = ("label_map.pbtxt", "dataset.json", "train.record-00003-of-00009")

    @pytest.mark.parametrize("name", NAMES)
    def test_they_are_in_the_way_before_an_image_is_read(self, three_images, output_dir, name):
        (three_images.images / "00.jpg").write_bytes(b"no image")  # would be said, if it were read
        output_dir.mkdir()
        (output_dir / name).write_text("mine")
        message = _refusal(three_images, output_dir)
        assert str(output_dir / name) in message
        assert "--overwrite replaces it" in message
        assert "00.jpg" not in message

    def test_with_overwrite_they_are_replaced(self, three_images, output_dir):
        output_dir.mkdir()
        for name in (*self.NAMES, "notes.txt"):
            (output_dir / name).write_text("mine")
        convert_dataset(three_images.root, output_dir, ConversionOptions(overwrite=True))
        assert list(DatasetSummary.load(output_dir).splits) == ["train", "val"]
        assert shard_names(output_dir, "train") == ["train.record-00000-of-00001"]
        assert (output_dir / "notes.txt").read_text() == "mine"

    def test_a_label_map_there_can_be_the_one_to_use(self, three_images, output_dir):
        output_dir.mkdir()
        text = "# mine\nitem { id: 3 name: 'zebra' display_name: 'Zebra' }\n"
        (output_dir / "label_map.pbtxt").write_text(text)
        options = ConversionOptions(label_map_path=output_dir / "label_map.pbtxt")
        for _ in range(2):
            assert convert_dataset(three_images.root, output_dir, options).label_map["zebra"] == 3
            assert (output_dir / "label_map.pbtxt").read_text() == text

    def test_records_of_another_split_are_not_in_the_way(self, three_images, output_dir):
        output_dir.mkdir()
        (output_dir / "test.record-00000-of-00001").write_text("mine")
        (output_dir / os.fsdecode(b"\xe9.record-00000-of-00001")).write_text("mine")
        summary = convert_dataset(three_images.root, output_dir)
        assert summary.warnings[-1].startswith("Records of 'test', '\\udce9' were in this folder")
        assert (output_dir / "test.record-00000-of-00001").read_text() == "mine"
