"""The lists of `ImageSets/Main`."""

import os

import pytest

from odapi_ssd.data.dataset import SplitEntry
from odapi_ssd.data.formats.voc_splits import read_splits


class TestSplits:
    def read(self, folder, keys, **lists):
        for name, text in lists.items():
            (folder / f"{name}.txt").write_bytes(text.encode())
        return self.read_folder(folder, keys)

    def read_folder(self, folder, keys):
        lists = read_splits(folder, keys)
        return lists.splits, lists.faults

    def test_no_lists(self, tmp_path):
        assert self.read_folder(None, ["a"]) == ({}, [])
        assert self.read_folder(tmp_path, ["a"]) == ({}, [])

    def test_class_wise_lists_are_left_out_where_their_split_has_a_list(self, tmp_path):
        lists = {"train": "a\n", "trainval": "a\nb\n", "zoo": "b\n"}
        class_wise = {"dog_train": "a  1\nb -1\n", "cat_trainval": "a  0\n"}
        splits, faults = self.read(tmp_path, "ab", **lists, **class_wise)
        a, b = SplitEntry("a", "a"), SplitEntry("b", "b")
        assert splits == {"train": (a,), "trainval": (a, b), "zoo": (b,)}
        assert faults == []

    def test_class_wise_lists_are_the_split_where_it_has_no_other(self, tmp_path):
        splits, _ = self.read(
            tmp_path,
            ("a", "b", "c d"),
            big_dog_train="a  1\nb -1\n",
            cat_train="b  0\nc d\t1\n",
            cat_val="gone -1\n",
            test="a\n",
        )
        assert [entry.key for entry in splits["train"]] == ["a", "b", "c d"]
        assert [entry.fault for entry in splits["val"]] == ["'gone' has no annotation gone.xml"]
        assert list(splits) == ["test", "train", "val"]

    def test_a_prefix_begins_the_keys(self, tmp_path):
        (tmp_path / "train.txt").write_text("a\ngone\n")
        found, gone = read_splits(tmp_path, ("a",), "VOC2007/").splits["train"]
        assert found == SplitEntry("VOC2007/a", "VOC2007/a")
        assert gone.fault == "'VOC2007/gone' has no annotation gone.xml"

    def test_underscore_alone_makes_no_class_wise_list(self, tmp_path):
        splits, _ = self.read(tmp_path, "a", my_train="a\n", my_empty="")
        assert splits == {"my_empty": (), "my_train": (SplitEntry("a", "a"),)}

    def test_stem_that_looks_like_a_class_wise_line_in_a_plain_list(self, tmp_path):
        for name in ("train", "my_train"):
            splits, _ = self.read(tmp_path, ["picture 1"], **{name: "picture 1\n"})
            assert splits[name] == (SplitEntry("picture 1", "picture 1"),)

    def test_untidy_lines(self, tmp_path):
        splits, _ = self.read(tmp_path, "abc", train="\ufeffa  \r\n\r\n b.jpg\r\nc.xml\na\n")
        assert [(entry.key, entry.text) for entry in splits["train"]] == [
            ("a", "a"),
            ("b", "b.jpg"),
            ("c", "c.xml"),
            ("a", "a"),
        ]

    def test_white_space_may_be_a_stems_own(self, tmp_path):
        keys = ["a b ", "a b", " c", "d"]
        splits, _ = self.read(tmp_path, keys, train="a b \r\na b\n c\n d \n")
        assert [entry.key for entry in splits["train"]] == ["a b ", "a b", " c", "d"]

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

    def test_a_list_whose_name_is_in_another_encoding(self, tmp_path):
        (tmp_path / os.fsdecode(b"\xff.txt")).touch()
        splits, (fault,) = self.read(tmp_path, "a", train="a\n")
        assert list(splits) == ["train"]
        assert "is not UTF-8" in fault
        assert fault.isascii()
