import pytest

from odapi_ssd.data.formats import read_dataset
from odapi_ssd.data.formats.refusals import unrecognized_file, unrecognized_folder
from odapi_ssd.errors import OdapiError

LAYOUTS = ("dots: *.dot with images",)


def write(root, **contents):
    for name, text in contents.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def folder_error(folder, known=()):
    return unrecognized_folder(folder, LAYOUTS, lambda path: ["dots"] if path.name in known else [])


def test_what_is_there_and_what_is_supported(tmp_path):
    error = folder_error(write(tmp_path, annots__a_kml="", a_jpg="", b_jpg=""))
    assert error.problem == (
        f"No annotated images in {tmp_path}, which holds 2 images, 1 other file in annots/; "
        "expected one of these layouts:"
    )
    assert error.details == LAYOUTS


@pytest.mark.parametrize(
    ("contents", "hint"),
    [
        ({}, "give the folder that holds the images and the annotations."),
        ({"data_zip": ""}, "unpack {}/data.zip, and give the folder that comes out."),
        ({"a_jpg": ""}, "give the folder that holds the annotations as well; if there are none "),
        ({"a_jpg": "", "a_txt": ""}, "if the text files are YOLO's, put data.yaml (or classes.txt"),
        (
            {"xml__a_xml": "<kml/>", "a_jpg": ""},
            "{}/xml/a.xml has the root tag <kml>, expected <annotation> (voc) or <annotations> (",
        ),
        ({"a_json": "{}", "a_jpg": ""}, "{}/a.json is neither COCO's (an object with images, "),
        ({"a_csv": "", "a_jpg": ""}, "the first line of {}/a.csv must name the columns filename"),
        ({"a_docx": ""}, "give the folder that holds one of these, or see what `odapi-ssd shapes`"),
        ({"known__a_jpg": ""}, "give this folder: {}/known (dots)."),
    ],
)
def test_the_change_that_would_help(tmp_path, contents, hint):
    error = folder_error(write(tmp_path, **contents), known=("known",))
    assert error.hint.startswith(hint.replace("{}", str(tmp_path)))


def test_several_datasets_below(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    error = folder_error(tmp_path, known=("one", "two"))
    assert error.hint == (
        f"give one of these folders: {tmp_path}/one (dots), {tmp_path}/two (dots)."
    )


def test_images_whose_annotations_are_beside_them(tmp_path):
    write(tmp_path, images__a_jpg="", labels__a_txt="", logs__a_log="")
    error = folder_error(tmp_path / "images")
    assert error.hint == (
        f"give {tmp_path}, if the annotations of these images are in labels/ beside them."
    )


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("a.zip", "unpack it"),
        ("a.jpg", "give the folder that holds the annotations and the images."),
        (
            "a.xml",
            "{} has the root tag <kml>, expected <annotation> (voc) or <annotations> (cvat): ",
        ),
        ("a.json", "give the folder of the dataset, or say with --format what this is."),
    ],
)
def test_files(tmp_path, name, hint):
    path = tmp_path / name
    path.write_text("<kml/>")
    error = unrecognized_file(path, LAYOUTS)
    assert error.problem.startswith(f"No annotated images in {path}, a file; expected a folder, or")
    assert error.hint.startswith(hint.replace("{}", str(path)))


def test_a_damaged_name_or_tag_is_printable(tmp_path):
    (tmp_path / "\x1b[2J\udcff.xml").write_text("<a\u0300\u202e/>")
    str(folder_error(tmp_path)).encode()


def test_all_formats_are_listed(tmp_path):
    with pytest.raises(OdapiError) as caught:
        read_dataset(write(tmp_path, a_jpg=""))
    assert any(line.startswith("voc: ") for line in caught.value.details)
    with pytest.raises(OdapiError) as of_files:
        read_dataset(write(tmp_path, a_docx="") / "a.docx")
    assert not any(line.startswith("voc: ") for line in of_files.value.details)
    assert any(line.startswith("coco: ") for line in of_files.value.details)
