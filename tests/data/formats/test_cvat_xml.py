import pytest

from odapi_ssd.data.formats.collecting import DatasetCollector
from odapi_ssd.data.formats.cvat_xml import CvatFile
from odapi_ssd.data.image_index import ImageIndex
from odapi_ssd.errors import OdapiError

BOX = 'xtl="1" ytl="2" xbr="3" ybr="4"'


@pytest.fixture
def read(tmp_path):
    def read_text(text, *images):
        for name in images:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        collector = DatasetCollector(tmp_path, ImageIndex(tmp_path))
        (tmp_path / "job").mkdir(exist_ok=True)
        (tmp_path / "job/a.xml").write_text(f"<annotations>{text}</annotations>")
        CvatFile("job/a.xml", collector).read(tmp_path / "job/a.xml")
        return collector.dataset()

    return read_text


def test_an_image_in_the_folder_of_the_file_goes_first(read):
    dataset = read('<image name="a.jpg"/>', "job/a.jpg", "other/a.jpg")
    assert dataset.keys == ("job/a.jpg",)


def test_an_image_in_the_folder_of_its_subset(read):
    dataset = read('<image name="a.jpg" subset="train"/>', "train/a.jpg", "val/a.jpg")
    assert dataset.keys == ("train/a.jpg",)
    assert [one.key for one in dataset.splits["train"]] == ["train/a.jpg"]


def test_two_entries_for_one_image(read):
    dataset = read('<image name="a.jpg"/><image name="x/a.jpg"/>', "a.jpg")
    assert len(dataset.fault_lines()) == 1


def test_a_fault_in_a_frame_takes_the_frame_alone(read):
    track = f'<track id="7" label="dog"><box frame="0" {BOX}/><box frame="1" xtl="x"/></track>'
    dataset = read(track, "f_0.jpg", "f_1.jpg")
    assert list(dataset.images) == ["f_0.jpg"]
    assert dataset.fault_lines() == [
        "job/a.xml, track 7, frame 1: (dog) xtl is 'x', expected a finite number"
    ]


def test_a_track_of_points(read):
    dataset = read('<track label="dog"><points frame="0" points="1,1"/></track>', "f_0.jpg")
    assert dataset.warnings == ("Left out, as they are no boxes or areas: 1 points.",)


def test_another_root(tmp_path):
    (tmp_path / "a.xml").write_text("<annotation/>")
    collector = DatasetCollector(tmp_path, ImageIndex(tmp_path))
    with pytest.raises(OdapiError, match="the root tag is <annotation>, expected <annotations>"):
        CvatFile("a.xml", collector).read(tmp_path / "a.xml")
