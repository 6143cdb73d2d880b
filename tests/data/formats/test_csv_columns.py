import pytest

from odapi_ssd.data.formats.csv_columns import CORNERS, find_columns, read_rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a,b\n1,2\n", [(1, ["a", "b"]), (2, ["1", "2"])]),
        ("a;b,c;d\n", [(1, ["a", "b,c", "d"])]),
        ('"a,b,c"\td\n', [(1, ["a,b,c", "d"])]),
        ("\n\na,b\r\n , \r\n1,2", [(3, ["a", "b"]), (5, ["1", "2"])]),
        ('"a\nb",c\n1,2\n', [(2, ["a\nb", "c"]), (3, ["1", "2"])]),
        ("", []),
        (" \n", []),
    ],
)
def test_rows(text, rows):
    assert list(read_rows(text)) == rows


@pytest.mark.parametrize(
    "names",
    [
        "filename,width,height,class,xmin,ymin,xmax,ymax",
        "Image_Name,Label Name,X_Min,Y_Min,X_Max,Y_Max",
        ",img_path,category,left,top,right,bottom",
        "id,ymax,ymin,xmax,xmin,LABEL,File",
        "frame,xmin,xmax,ymin,ymax,class_name,class_id",
    ],
)
def test_names(names):
    columns = find_columns(names.split(","))
    assert columns.has_names
    assert {"filename", "class", *CORNERS} <= columns.places.keys()


def test_cells():
    columns = find_columns(["image", "label", "x1", "y1", "x2", "y2", "split"])
    row = [" a.jpg ", "dog", "1", "2", "3", "4"]
    assert columns.value(row, "filename") == "a.jpg"
    assert columns.value(row, "ymax") == "4"
    assert columns.value(row, "split") == columns.value(row, "width") == ""


@pytest.mark.parametrize(
    ("row", "is_boxes"),
    [
        (["a.jpg", "1", "2", "3.5", "4", "dog"], True),
        (["a.jpg", "", "", "", "", ""], True),
        (["a.jpg", "1", "2", "3", "x", "dog"], False),
        (["a.jpg", "1", "2", "3", "4", ""], False),
        (["", "1", "2", "3", "4", "dog"], False),
        (["a.jpg", "1", "2", "3", "4"], False),
        (["filename", "class", "xmin", "ymin", "xmax"], False),
        ([], False),
    ],
)
def test_files_without_names(row, is_boxes):
    columns = find_columns(row)
    assert (columns is not None) == is_boxes
    if columns is not None:
        assert not columns.has_names
        assert columns.places["class"] == 5
