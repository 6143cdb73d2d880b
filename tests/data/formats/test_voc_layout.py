import os

import pytest

from odapi_ssd.data.formats.voc_layout import find_layouts, list_annotations, require_layout
from odapi_ssd.errors import OdapiError


def touch(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()


class TestLayout:
    def test_voc(self, voc_dir):
        voc_dir.add_splits(train=["a"])
        layout = require_layout(voc_dir.root)
        assert layout.has_voc_folders
        assert (layout.annotations_dir, layout.images_dir) == (voc_dir.annotations, voc_dir.images)
        assert layout.split_lists_dir == voc_dir.root / "ImageSets" / "Main"

    @pytest.mark.parametrize("above", ["x", "x/VOCdevkit"])
    def test_single_year_folder_is_found_from_above(self, make_voc_dir, tmp_path, above):
        voc_dir = make_voc_dir(f"{above}/VOC2007")
        assert require_layout(tmp_path / "x").root_dir == voc_dir.root

    def test_several_years_are_named(self, make_voc_dir, tmp_path):
        for year in ("VOC2007", "VOC2012"):
            make_voc_dir(f"devkit/{year}")
        assert len(find_layouts(tmp_path / "devkit")) == 2
        with pytest.raises(OdapiError, match="holds 2 datasets, expected one") as caught:
            require_layout(tmp_path / "devkit")
        assert [path.rsplit("/")[-1] for path in caught.value.details] == ["VOC2007", "VOC2012"]

    @pytest.mark.parametrize("folders", [("annotations", "images"), ("Annotations", "Images")])
    def test_flat_with_two_folders(self, make_voc_dir, folders):
        flat = make_voc_dir("flat", annotations=folders[0], images=folders[1])
        layout = require_layout(flat.root)
        assert (layout.images_dir, layout.has_voc_folders) == (flat.images, False)

    def test_one_folder_for_all(self, tmp_path):
        touch(tmp_path, "a.xml", "a.jpg")
        layout = require_layout(tmp_path)
        assert layout.annotations_dir == layout.images_dir == tmp_path

    def test_other_folders_are_not_recognized(self, tmp_path):
        touch(tmp_path, "a.jpg", "a.json", ".a.xml")
        touch(tmp_path / "Annotations", "a.xml.txt")
        assert find_layouts(tmp_path) == []


class TestAnnotationFiles:
    def test_hidden_files_are_left_out_and_any_letter_case_is_taken(self, voc_dir):
        touch(voc_dir.annotations, "b.xml", "a.XML", "._b.xml", "readme.txt")
        (voc_dir.annotations / "folder.xml").mkdir()
        assert list(list_annotations(voc_dir.annotations)) == ["a", "b"]

    def test_subfolders_are_part_of_the_key(self, voc_dir):
        touch(voc_dir.annotations, "a.xml")
        touch(voc_dir.annotations / "x" / "y", "a.xml")
        touch(voc_dir.annotations / ".hidden", "a.xml")
        assert list_annotations(voc_dir.annotations) == {
            "a": voc_dir.annotations / "a.xml",
            "x/y/a": voc_dir.annotations / "x" / "y" / "a.xml",
        }

    @pytest.mark.parametrize("folder", [b".", b"\xfe"])
    def test_names_in_another_encoding(self, voc_dir, folder):
        touch(voc_dir.annotations / os.fsdecode(folder), os.fsdecode(b"\xff.xml"))
        with pytest.raises(OdapiError, match="is not UTF-8") as caught:
            list_annotations(voc_dir.annotations)
        str(caught.value).encode()  # It can be printed.

    def test_none(self, voc_dir):
        with pytest.raises(OdapiError, match="Annotations"):
            list_annotations(voc_dir.annotations)

    def test_two_for_one_stem(self, voc_dir):
        touch(voc_dir.annotations, "a.xml", "a.XML")
        with pytest.raises(OdapiError, match=r"a\.XML and a\.xml"):
            list_annotations(voc_dir.annotations)
