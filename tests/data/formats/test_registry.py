import os

import pytest

from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.formats import AnnotationFormat, read_dataset, register, registry
from odapi_ssd.errors import OdapiError, OptionError


@pytest.fixture
def formats(monkeypatch):
    """The registered formats; what a test registers is forgotten after it."""
    known = dict(registry._formats)
    monkeypatch.setattr(registry, "_formats", known)
    return known


def any_folder(name, takes_files=False):
    return AnnotationFormat(
        name,
        ("whatever",),
        lambda folder: True,
        lambda folder: Dataset(folder, (name,), {}),
        takes_files,
    )


def test_the_formats_that_come_with_the_project(formats):
    expected = ["voc", "coco", "yolo", "csv", "labelme", "cvat", "tfrecord"]
    assert list(formats) == expected


@pytest.mark.parametrize(
    ("kind", "message"), [("absent", "does not exist"), ("pipe", "is neither a folder nor a file")]
)
@pytest.mark.parametrize("name", [None, "voc"])
def test_neither_a_folder_nor_a_file(tmp_path, kind, message, name):
    path = tmp_path / "data"
    if kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(OdapiError, match=f"{path} {message}"):
        read_dataset(path, name)


class TestFiles:
    """A format may have all of its annotations in one file."""

    @pytest.fixture
    def path(self, tmp_path):
        path = tmp_path / "all.dots"
        path.touch()
        return path

    def test_formats_of_files_alone_are_asked(self, path, formats):
        register(any_folder("folders"))
        register(any_folder("files", takes_files=True))
        assert read_dataset(path).keys == ("files",)
        assert read_dataset(path, "files").keys == ("files",)

    def test_a_file_in_none_of_them(self, path, formats):
        with pytest.raises(OdapiError, match=f"No annotated images in {path}"):
            read_dataset(path)

    def test_a_file_as_a_format_of_folders(self, path):
        with pytest.raises(OdapiError, match=r"is a file, expected a folder: .* the format voc"):
            read_dataset(path, "voc")


def test_unknown_folder_is_refused_with_all_layouts(tmp_path, formats):
    register(AnnotationFormat("dots", ("*.dot with images",), lambda folder: False, Dataset))
    with pytest.raises(OdapiError, match=f"No annotated images in {tmp_path}") as caught:
        read_dataset(tmp_path)
    assert "dots: *.dot with images" in caught.value.details
    assert any(line.startswith("voc: Annotations/*.xml with ") for line in caught.value.details)


def test_the_format_that_recognizes_the_folder_reads_it(tmp_path, formats):
    register(any_folder("every"))
    assert read_dataset(tmp_path) == Dataset(tmp_path, ("every",), {})


def test_two_formats_that_recognize_a_folder(tmp_path, formats):
    register(any_folder("one"))
    register(any_folder("two"))
    with pytest.raises(OdapiError, match="in 2 formats, expected one: one, two"):
        read_dataset(tmp_path)


def test_a_name_is_registered_once(formats):
    with pytest.raises(ValueError, match=r"'voc' is registered already; registered are: voc"):
        register(any_folder("voc"))


def test_a_format_that_is_named_reads_a_folder_that_two_recognize(tmp_path, formats):
    register(any_folder("one"))
    register(any_folder("two"))
    assert read_dataset(tmp_path, "two").keys == ("two",)


def test_a_folder_that_is_not_in_the_format_named(tmp_path, formats):
    with pytest.raises(OdapiError, match="No VOC dataset in") as caught:
        read_dataset(tmp_path, "voc")
    assert "--format" not in str(caught.value)
    register(any_folder("dots"))
    with pytest.raises(OdapiError) as told:
        read_dataset(tmp_path, "voc")
    assert told.value.problem == caught.value.problem
    assert told.value.looks_like == ("dots",)
    assert told.value.hint.startswith("this looks like dots: leave --format voc out")


def test_an_unknown_format(tmp_path):
    with pytest.raises(OptionError, match="format is 'cocoa'; expected one of "):
        read_dataset(tmp_path, "cocoa")
