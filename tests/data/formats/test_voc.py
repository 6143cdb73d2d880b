import os

import pytest

from odapi_ssd.data.formats import voc


@pytest.mark.parametrize("kind", ["voc", "flat", "devkit", "other"])
def test_recognize(make_voc_dir, tmp_path, kind):
    if kind == "flat":
        make_voc_dir("x", annotations="annotations", images="images").add("a")
    elif kind != "other":
        make_voc_dir("x/VOC2007" if kind == "devkit" else "x").add("a")
    else:
        (tmp_path / "x" / "Annotations").mkdir(parents=True)
    assert voc.recognize(tmp_path / "x") is (kind != "other")


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
        (fault,) = dataset.faults["bad"]
        assert fault.startswith("Annotations/bad.xml: is not XML")
        assert dataset.missing_images["gone"].problem.startswith("Annotations/gone.xml: no image")

    def test_images_without_annotation_are_counted(self, voc_dir):
        voc_dir.add("a")
        assert voc.read(voc_dir.root).warnings == ()
        voc_dir.add_image("extra.png")
        assert voc.read(voc_dir.root).warnings == (
            "1 image has no annotation and is left out: JPEGImages/extra.png",
        )
        voc_dir.add("broken", xml="this is not XML")
        assert len(voc.read(voc_dir.root).warnings) == 1
        assert "1 image has" in voc.read(voc_dir.root).warnings[0]

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


class TestSubfolders:
    @pytest.fixture
    def nested_dir(self, voc_dir):
        """The images of two cameras, with the same names in each."""
        for camera in ("day", "night"):
            (voc_dir.annotations / camera).mkdir()
            (voc_dir.images / camera).mkdir()
            for stem in ("1", "2"):
                voc_dir.add(f"{camera}/{stem}")
        return voc_dir

    def test_images_are_in_the_same_subfolder(self, nested_dir):
        dataset = voc.read(nested_dir.root)
        assert list(dataset.images) == ["day/1", "day/2", "night/1", "night/2"]
        image = dataset.images["night/1"]
        assert image.path == nested_dir.images / "night" / "1.jpg"
        assert image.name == "night/1.jpg"
        assert image.annotation.source == "Annotations/night/1.xml"
        assert (dataset.faults, dataset.warnings) == ({}, ())

    def test_images_may_lie_flat(self, voc_dir):
        (voc_dir.annotations / "x").mkdir()
        voc_dir.add_image("a.jpg")
        (voc_dir.annotations / "x" / "a.xml").write_text("<annotation/>")
        assert voc.read(voc_dir.root).images["x/a"].name == "a.jpg"

    def test_annotations_in_both_places_are_told(self, nested_dir):
        nested_dir.add("a")
        assert voc.read(nested_dir.root).warnings == (
            "4 annotations are in subfolders of Annotations and taken with the others: "
            "day (2), night (2)",
        )

    def test_an_outdated_copy_of_an_annotation_is_a_fault(self, voc_dir):
        voc_dir.add("a")
        (voc_dir.annotations / "old").mkdir()
        copy = voc_dir.annotations / "old" / "a.xml"
        copy.write_bytes((voc_dir.annotations / "a.xml").read_bytes())
        ((fault,),) = voc.read(voc_dir.root).faults.values()
        assert fault.startswith("Annotations/old/a.xml: its image a.jpg is that of Annotations/a.x")

    def test_lists_name_the_subfolder_where_a_stem_is_not_enough(self, nested_dir):
        nested_dir.add("only")
        (nested_dir.images / "day" / "3.jpg").touch()
        nested_dir.add("day/3")
        nested_dir.add_splits(train=["day/1", "night/2.jpg", "3", "only"], val=["1"])
        splits = voc.read(nested_dir.root).splits
        assert [entry.key for entry in splits["train"]] == ["day/1", "night/2", "day/3", "only"]
        assert not any(entry.fault for entry in splits["train"])
        (unclear,) = splits["val"]
        assert unclear.fault == "'1' may be day/1 or night/1, expected the subfolder before it"

    def test_images_with_names_in_another_encoding_are_told(self, voc_dir):
        voc_dir.add("a")
        (voc_dir.images / os.fsdecode(b"\xff.jpg")).touch()
        (warning,) = voc.read(voc_dir.root).warnings
        assert warning.startswith("1 image is left out, as the name is not UTF-8")
        assert warning.isascii()
