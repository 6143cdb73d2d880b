import os

import pytest

from odapi_ssd.data.dataset import SplitEntry
from odapi_ssd.data.formats import voc
from odapi_ssd.errors import OdapiError


def touch(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()


def only_layout(data_dir):
    (layout,) = voc.find_layouts(data_dir)
    return layout


class TestLayout:
    def test_voc(self, voc_dir):
        voc_dir.add_splits(train=["a"])
        layout = only_layout(voc_dir.root)
        assert layout.has_voc_folders
        assert (layout.annotations_dir, layout.images_dir) == (voc_dir.annotations, voc_dir.images)
        assert layout.split_lists_dir == voc_dir.root / "ImageSets" / "Main"

    @pytest.mark.parametrize("above", ["x", "x/VOCdevkit"])
    def test_single_year_folder_is_found_from_above(self, make_voc_dir, tmp_path, above):
        voc_dir = make_voc_dir(f"{above}/VOC2007")
        assert only_layout(tmp_path / "x").root_dir == voc_dir.root

    def test_several_years_are_named(self, make_voc_dir, tmp_path):
        for year in ("VOC2007", "VOC2012"):
            make_voc_dir(f"devkit/{year}")
        assert voc.recognize(tmp_path / "devkit")
        with pytest.raises(OdapiError, match="holds 2 datasets, expected one") as caught:
            voc.read(tmp_path / "devkit")
        assert [path.rsplit("/")[-1] for path in caught.value.details] == ["VOC2007", "VOC2012"]

    @pytest.mark.parametrize("folders", [("annotations", "images"), ("Annotations", "Images")])
    def test_flat_with_two_folders(self, make_voc_dir, folders):
        flat = make_voc_dir("flat", annotations=folders[0], images=folders[1])
        layout = only_layout(flat.root)
        assert (layout.images_dir, layout.has_voc_folders) == (flat.images, False)

    def test_one_folder_for_all(self, tmp_path):
        touch(tmp_path, "a.xml", "a.jpg")
        layout = only_layout(tmp_path)
        assert layout.annotations_dir == layout.images_dir == tmp_path

    def test_other_folders_are_not_recognized(self, tmp_path):
        touch(tmp_path, "a.jpg", "a.json", ".a.xml")
        touch(tmp_path / "Annotations", "a.xml.txt")
        assert not voc.recognize(tmp_path)


class TestAnnotationFiles:
    def test_hidden_files_are_left_out_and_any_letter_case_is_taken(self, voc_dir):
        touch(voc_dir.annotations, "b.xml", "a.XML", "._b.xml", "readme.txt")
        (voc_dir.annotations / "folder.xml").mkdir()
        assert list(voc.list_annotations(voc_dir.annotations)) == ["a", "b"]

    def test_names_in_another_encoding(self, voc_dir):
        touch(voc_dir.annotations, os.fsdecode(b"\xff.xml"))
        with pytest.raises(OdapiError, match="is not UTF-8") as caught:
            voc.list_annotations(voc_dir.annotations)
        str(caught.value).encode()  # It can be printed.

    def test_none(self, voc_dir):
        with pytest.raises(OdapiError, match="Annotations"):
            voc.read(voc_dir.root)

    def test_two_for_one_stem(self, voc_dir):
        touch(voc_dir.annotations, "a.xml", "a.XML")
        with pytest.raises(OdapiError, match=r"a\.XML and a\.xml"):
            voc.read(voc_dir.root)


class TestDataset:
    def test_all_that_is_wrong_is_collected(self, voc_dir):
        voc_dir.add("good")
        voc_dir.add("bad", xml="no xml")
        voc_dir.add("gone")
        (voc_dir.images / "gone.jpg").unlink()
        dataset = voc.read(voc_dir.root)
        assert dataset.root_dir == voc_dir.root
        assert dataset.keys == ("bad", "gone", "good")
        assert list(dataset.images) == ["good"]
        assert dataset.images["good"].key == "good"
        assert dataset.images["good"].path == voc_dir.images / "good.jpg"
        assert dataset.images["good"].annotation.source == "Annotations/good.xml"
        assert "Annotations/bad.xml" in dataset.faults[0]
        assert dataset.missing_images["gone"].problem.startswith("Annotations/gone.xml: no image")

    def test_images_without_annotation_are_counted(self, voc_dir):
        voc_dir.add("a")
        assert voc.read(voc_dir.root).warnings == ()
        voc_dir.add_image("extra.png")
        assert voc.read(voc_dir.root).warnings == ("1 image has no annotation and is left out.",)

    def test_symbolic_link_to_an_image_elsewhere(self, voc_dir, tmp_path):
        voc_dir.add("a")
        (voc_dir.images / "a.jpg").rename(tmp_path / "elsewhere.jpg")
        (voc_dir.images / "a.jpg").symlink_to(tmp_path / "elsewhere.jpg")
        assert voc.read(voc_dir.root).images["a"].path.name == "a.jpg"

    def test_the_20_classes_are_declared_in_the_voc_layout_alone(self, voc_dir, make_voc_dir):
        voc_dir.add("a")
        declared = voc.read(voc_dir.root).declared_label_map
        assert len(declared) == 20
        assert (declared["aeroplane"], declared["dog"], declared["tvmonitor"]) == (1, 12, 20)
        flat = make_voc_dir("flat", annotations="annotations", images="images")
        flat.add("a")
        assert voc.read(flat.root).declared_label_map == {}


class TestSplits:
    def read(self, folder, keys, **lists):
        for name, text in lists.items():
            (folder / f"{name}.txt").write_bytes(text.encode())
        return voc.read_splits(folder, keys)

    def test_no_lists(self, tmp_path):
        assert voc.read_splits(None, ["a"]) == ({}, [])
        assert voc.read_splits(tmp_path, ["a"]) == ({}, [])

    def test_class_wise_lists_are_left_out(self, tmp_path):
        lists = {"train": "a\n", "trainval": "a\nb\n", "zoo": "b\n"}
        class_wise = {"dog_train": "a  1\nb -1\n", "cat_val": "a  0\n"}
        splits, faults = self.read(tmp_path, "ab", **lists, **class_wise)
        a, b = SplitEntry("a", "a"), SplitEntry("b", "b")
        assert splits == {"train": (a,), "trainval": (a, b), "zoo": (b,)}
        assert faults == []

    def test_underscore_alone_makes_no_class_wise_list(self, tmp_path):
        splits, _ = self.read(tmp_path, "a", my_train="a\n", my_empty="")
        assert splits == {"my_empty": (), "my_train": (SplitEntry("a", "a"),)}

    def test_stem_that_looks_like_a_class_wise_line_in_a_plain_list(self, tmp_path):
        splits, _ = self.read(tmp_path, ["picture 1"], train="picture 1\n")
        assert splits["train"] == (SplitEntry("picture 1", "picture 1"),)

    def test_untidy_lines(self, tmp_path):
        splits, _ = self.read(tmp_path, "abc", train="\ufeffa  \r\n\r\n b.jpg\r\nc.xml\na\n")
        assert [(entry.key, entry.text) for entry in splits["train"]] == [
            ("a", "a"),
            ("b", "b.jpg"),
            ("c", "c.xml"),
            ("a", "a"),
        ]

    def test_stem_with_an_image_ending(self, tmp_path):
        splits, _ = self.read(tmp_path, ["a.jpg", "b"], train="a.jpg\nb.jpg\n")
        assert [entry.key for entry in splits["train"]] == ["a.jpg", "b"]

    @pytest.mark.parametrize("line", ["gone", "../../etc/passwd", "/etc/passwd", "..", "x\\y"])
    def test_bad_lines_are_faults(self, tmp_path, line):
        splits, _ = self.read(tmp_path, "a", train=f"a\n{line}\n")
        good, bad = splits["train"]
        assert good == SplitEntry("a", "a")
        assert repr(line) in bad.fault
        assert bad.key not in ("a",)

    def test_a_list_that_is_not_text(self, tmp_path):
        (tmp_path / "val.txt").write_bytes(b"\xff\xfe\x00")
        splits, faults = self.read(tmp_path, "a", train="a\n")
        assert list(splits) == ["train"]
        (fault,) = faults
        assert "val.txt cannot be read" in fault
