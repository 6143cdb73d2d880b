import os

import pytest

from odapi_ssd.data.formats.voc_layout import find_layout, list_annotations, require_layout
from odapi_ssd.errors import OdapiError


def touch(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()


class TestLayout:
    def test_voc(self, voc_dir):
        voc_dir.add("a")
        voc_dir.add_splits(train=["a"])
        (voc_dir.root / "SegmentationObject").mkdir()
        (part,) = require_layout(voc_dir.root).parts
        assert part.has_voc_folders
        assert (part.annotations_dir, part.images_dir) == (voc_dir.annotations, voc_dir.images)
        assert part.split_lists_dir == voc_dir.root / "ImageSets" / "Main"
        assert part.masks_dir == voc_dir.root / "SegmentationObject"
        assert part.prefix == ""

    @pytest.mark.parametrize("above", ["x", "x/VOCdevkit", "x/VOCtrainval/VOCdevkit"])
    def test_single_year_folder_is_found_from_above(self, make_voc_dir, tmp_path, above):
        voc_dir = make_voc_dir(f"{above}/VOC2007")
        voc_dir.add("a")
        layout = require_layout(tmp_path / "x")
        assert layout.root_dir == voc_dir.root
        assert [part.prefix for part in layout.parts] == [""]

    @pytest.mark.parametrize("given", ["x", "x/VOCdevkit"])
    def test_several_years_are_parts(self, make_voc_dir, tmp_path, given):
        for year in ("VOC2012", "VOC2007"):
            make_voc_dir(f"x/VOCdevkit/{year}").add("a")
        layout = require_layout(tmp_path / given)
        assert layout.root_dir == tmp_path / "x" / "VOCdevkit"
        assert [part.prefix for part in layout.parts] == ["VOC2007/", "VOC2012/"]
        assert all(part.has_voc_folders for part in layout.parts)

    @pytest.mark.parametrize("folders", [("annotations", "images"), ("Annotations", "Images")])
    def test_flat_with_two_folders(self, make_voc_dir, folders):
        flat = make_voc_dir("flat", annotations=folders[0], images=folders[1])
        flat.add("a")
        (part,) = require_layout(flat.root).parts
        assert (part.images_dir, part.has_voc_folders) == (flat.images, False)

    def test_annotations_of_another_kind_are_not_those_of_the_usual_folder(self, voc_dir):
        """COCO's `annotations/*.json`, and CVAT's own XML."""
        voc_dir.add("a", xml="<annotations/>")
        assert find_layout(voc_dir.root) is None

    def test_a_part_with_usual_names_beside_one_with_others(self, make_voc_dir, tmp_path):
        make_voc_dir("x/a", annotations="annots", images="imgs").add("1")
        make_voc_dir("x/b").add("1")
        layout = require_layout(tmp_path / "x")
        assert [part.prefix for part in layout.parts] == ["a/", "b/"]
        assert [part.images_dir.name for part in layout.parts] == ["imgs", "JPEGImages"]

    def test_lists_of_splits_beside_folders_of_any_name(self, make_voc_dir):
        voc_dir = make_voc_dir("x", annotations="xml", images="photos")
        voc_dir.add("a")
        voc_dir.add_splits(train=["a"])
        (part,) = require_layout(voc_dir.root).parts
        assert part.split_lists_dir == voc_dir.root / "ImageSets" / "Main"

    def test_no_dataset(self, tmp_path):
        touch(tmp_path, "a.jpg", "a.json", ".a.xml")
        touch(tmp_path / "Annotations", "a.xml.txt")
        assert find_layout(tmp_path) is None
        with pytest.raises(OdapiError, match=f"No VOC dataset in {tmp_path}, which holds 1 J"):
            require_layout(tmp_path)


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
            "a": "a.xml",
            "x/y/a": "x/y/a.xml",
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
