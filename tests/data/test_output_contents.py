"""Converting into a folder that holds a conversion to another format, or another dataset."""

import itertools

import pytest

from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.formats import read_dataset, recognizing_formats, writer_names
from odapi_ssd.data.summary import DatasetSummary
from odapi_ssd.errors import OdapiError
from odapi_ssd.outputs.manifest import files_below
from tests.data.conftest import VocDir


def convert(data_dir, output_dir, **options):
    return convert_dataset(data_dir, output_dir, ConversionOptions(num_workers=1, **options))


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files_below(folder)}


def visible(folder):
    return {name for name in contents(folder) if not name.startswith(".odapi-ssd")}


def refusal(data_dir, output_dir, **options):
    """What a conversion says that must change nothing."""
    before = contents(output_dir)
    with pytest.raises(OdapiError) as caught:
        convert(data_dir, output_dir, **options)
    assert contents(output_dir) == before
    return str(caught.value)


def dataset(folder, class_name):
    """Two images of train and one of val."""
    made = VocDir(folder)
    for stem in ("00", "01", "02"):
        made.add(stem, [(class_name, (1, 1, 9, 9))])
    lists = folder / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("00\n01\n")
    (lists / "val.txt").write_text("02\n")
    return folder


@pytest.fixture
def lions(tmp_path):
    return dataset(tmp_path / "lions", "lion")


@pytest.fixture
def elks(tmp_path):
    return dataset(tmp_path / "elks", "elk")


@pytest.fixture
def output_dir(tmp_path):
    return tmp_path / "out"


class TestAConversionToAnotherFormat:
    @pytest.mark.parametrize(
        ("first", "second"), list(itertools.permutations(["tfrecord", "voc", "yolo", "coco"], 2))
    )
    def test_it_is_replaced_as_a_whole(self, lions, elks, output_dir, tmp_path, first, second):
        convert(lions, output_dir, to=first)
        convert(elks, output_dir, to=second)
        convert(elks, tmp_path / "alone", to=second)
        assert visible(output_dir) == visible(tmp_path / "alone")
        assert recognizing_formats(output_dir) == [second]
        assert read_dataset(output_dir).class_names() == {"elk"}

    def test_all_formats_are_tried(self):
        assert set(writer_names()) == {"tfrecord", "voc", "yolo", "coco"}

    def test_its_other_splits_are_not_taken_for_records(self, lions, output_dir):
        convert(lions, output_dir, to="yolo")
        convert(lions, output_dir, splits=("train",))
        assert list(DatasetSummary.load(output_dir).splits) == ["train"]

    def test_what_was_added_to_it_is_in_the_way(self, lions, elks, output_dir):
        convert(lions, output_dir, to="yolo")
        (output_dir / "images" / "mine.jpg").write_bytes(b"mine")
        for to in ("tfrecord", "voc"):
            assert "mine.jpg" in refusal(elks, output_dir, to=to)
        convert(elks, output_dir, to="voc", overwrite=True)
        assert recognizing_formats(output_dir) == ["voc"]

    def test_it_is_not_removed_while_it_is_read(self, lions, output_dir):
        convert(lions, output_dir, to="voc")
        for to in ("tfrecord", "yolo"):
            assert "holds the dataset that is read" in refusal(output_dir, output_dir, to=to)

    def test_a_users_other_files_stay(self, lions, elks, output_dir):
        convert(lions, output_dir, to="coco")
        (output_dir / "notes.md").write_text("mine")
        convert(elks, output_dir, to="voc")
        assert (output_dir / "notes.md").read_text() == "mine"


class TestAnotherDataset:
    def test_the_dataset_read_is_not_mixed_with_its_copy(self, lions):
        message = refusal(lions, lions, to="yolo")
        assert "holds a dataset (voc) that would be mixed with the output" in message
        assert "Annotations, ImageSets, JPEGImages" in message

    @pytest.mark.parametrize("to", ["voc", "yolo", "coco"])
    def test_in_a_subfolder_it_is_refused_too(self, lions, elks, output_dir, to):
        output_dir.mkdir()
        elks.rename(output_dir / "more")
        assert "holds a dataset (voc)" in refusal(lions, output_dir, to=to)

    def test_records_go_beside_it(self, lions):
        convert(lions, lions)
        assert recognizing_formats(lions) == ["voc"]

    def test_with_overwrite_it_stays(self, lions, elks):
        before = contents(elks)
        convert(lions, elks, to="yolo", overwrite=True)
        assert before.items() <= contents(elks).items()
        assert (elks / "data.yaml").is_file()
