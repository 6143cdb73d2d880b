import json

import pytest
from PIL import Image

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.data.class_names import check_class_names, name_problem
from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.dataset import Dataset, MissingImage
from odapi_ssd.data.formats import read_dataset
from odapi_ssd.data.label_map import read_label_map
from odapi_ssd.errors import OdapiError

_LABELS = ["cat", "do\ng", "\ud800", "cat"]


@pytest.mark.parametrize("name", ["", "dog", "chien é", "a b", "狗", "👩\u200d🚀", "-1", "a,b"])
def test_names_that_can_be_used(name):
    assert name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("a\nb", "control character"), ("a\0", "control character"), ("\x1b[2J", "control"),
        ("a\x85b", "control character"), ("a\u2028b", "line break"), ("\ud800", "half a character"),
    ],
)  # fmt: skip
def test_names_that_cannot(name, problem):
    assert problem in name_problem(name)


def annotation(source, *names):
    objects = (AnnotatedObject(n, name, (0, 0, 1, 1)) for n, name in enumerate(names, start=1))
    return Annotation(source, None, tuple(objects))


def test_faults_of_a_dataset(tmp_path):
    images = {
        key: AnnotatedImage(key, tmp_path / f"{key}.jpg", annotation(f"{key}.txt", *names))
        for key, names in {"a": ["cat"], "b": ["x\0", "cat", "x\0", "y\n"], "c": []}.items()
    }
    missing = {
        "d": MissingImage(annotation("d.txt", "z\t"), "d.txt: no image"),
        "e": MissingImage(annotation("e.txt", "cat"), "e.txt: no image"),
    }
    declared = {"cat": 1, "x\0": 2, "dog": 3, "\ud800": 4}
    dataset = Dataset(
        tmp_path, ("a", "b", "c", "d", "e"), images, missing, declared_label_map=declared
    )
    checked = check_class_names(dataset)
    assert list(checked.images) == ["a", "c"]
    assert list(checked.missing_images) == ["e"]
    assert checked.keys == dataset.keys
    assert checked.faults == {
        "b": (
            r"b.txt: the class name 'x\x00' (objects 1, 3) holds a control character, such as a "
            "line break",
            r"b.txt: the class name 'y\n' (object 4) holds a control character, such as a line "
            "break",
        ),
        "d": (
            r"d.txt: the class name 'z\t' (object 1) holds a control character, such as a line "
            "break",
            "d.txt: no image",
        ),
    }
    assert checked.declared_label_map == {"cat": 1, "dog": 3}
    (warning,) = checked.warnings
    assert warning.startswith(r"The class '\ud800' holds half a character, which is no text")


def test_a_sound_dataset_stays_as_it_is(tmp_path):
    dataset = Dataset(tmp_path, (), {}, declared_label_map={"cat": 1})
    assert check_class_names(dataset) is dataset


def test_names_of_a_file(tmp_path):
    """LabelMe's JSON can hold any text; a label map, YAML and CSV cannot."""
    folder = tmp_path / "data"
    folder.mkdir()
    for number, label in enumerate(_LABELS):
        Image.new("RGB", (20, 10), (number, 0, 0)).save(folder / f"{number}.png")
        shape = {"label": label, "shape_type": "rectangle", "points": [[1, 2], [9, 8]]}
        values = {"version": "5.0", "shapes": [shape], "imagePath": f"{number}.png"}
        values |= {"imageWidth": 20, "imageHeight": 10, "imageData": None}
        (folder / f"{number}.json").write_text(json.dumps(values))
    assert list(read_dataset(folder).images) == ["0", "3"]
    with pytest.raises(OdapiError, match="2 faults") as caught:
        convert_dataset(folder, tmp_path / "out", ConversionOptions(num_workers=1))
    assert [line[:27] for line in caught.value.details] == [
        "1.json: the class name 'do\\", "2.json: the class name '\\ud",
    ]  # fmt: skip
    options = ConversionOptions(on_error="skip", num_workers=1)
    convert_dataset(folder, tmp_path / "out", options)
    assert read_label_map(tmp_path / "out/label_map.pbtxt") == {"cat": 1}
    skipped = json.loads((tmp_path / "out/skipped.json").read_text())
    assert [one["file"] for one in skipped] == ["1.json", "2.json"]
