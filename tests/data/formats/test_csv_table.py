import pytest
from PIL import Image

from odapi_ssd.data.formats.csv_table import CsvTable
from odapi_ssd.data.image_index import ImageIndex
from odapi_ssd.errors import OdapiError

HEADER = "filename,width,height,class,xmin,ymin,xmax,ymax,difficult,truncated,split\n"


@pytest.fixture
def index(tmp_path):
    for name in ("train/a.jpg", "val/a.jpg", "b.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (4, 2)).save(tmp_path / name)
    return ImageIndex(tmp_path)


def test_rows_of_an_image_come_together_however_it_is_spelled(index):
    table = CsvTable("a.csv", None, index)
    table.read(HEADER + "b.jpg,4,2,dog,0,0,1,1\n./B.JPG,,,cat,0,0,2,2,1,yes\n/me/b.jpg,,,,,,,\n")
    (image,) = table.images.values()
    assert [(one.number, one.name) for one in image.objects] == [(1, "dog"), (2, "cat")]
    assert [(one.is_difficult, one.is_truncated) for one in image.objects] == [
        (False, False), (True, True),
    ]  # fmt: skip
    assert (image.declared_hw, image.faults, table.faults) == ((2, 4), [], [])


@pytest.mark.parametrize(
    ("source", "split", "key"),
    [("train.csv", "train", "train/a.jpg"), ("val/_annotations.csv", "val", "val/a.jpg")],
)
def test_equal_names_in_folders_of_splits(index, source, split, key):
    table = CsvTable(source, split, index)
    table.read(HEADER + "a.jpg,4,2,dog,0,0,1,1\n")
    assert list(table.images) == [key]
    assert list(table.images[key].splits) == [split]


def test_equal_names_that_nothing_tells_apart(index):
    table = CsvTable("all.csv", None, index)
    table.read(HEADER + "a.jpg,4,2,dog,0,0,1,1\n")
    assert table.images["a.jpg"].problem.startswith("several images fit 'a.jpg'")


def test_the_column_of_splits_goes_before_the_name_of_the_file(index):
    table = CsvTable("train.csv", "train", index)
    table.read(HEADER + "b.jpg,4,2,dog,0,0,1,1,,,VALID\n")
    assert list(table.images["b.jpg"].splits) == ["val"]


def test_a_flag_that_is_none(index):
    table = CsvTable("a.csv", None, index)
    table.read(HEADER + "b.jpg,4,2,dog,0,0,1,1,maybe\n")
    assert table.images["b.jpg"].faults == ["a.csv, line 2: difficult is 'maybe', expected 0 or 1"]


def test_not_a_table_of_boxes(index):
    with pytest.raises(OdapiError, match=r"a\.csv: the first row does not name the columns"):
        CsvTable("a.csv", None, index).read("name,id\ndog,1\n")
