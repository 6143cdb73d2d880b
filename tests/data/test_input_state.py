import os
import time
from pathlib import Path

import pytest

from odapi_ssd.data import input_state
from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.formats import writer_names
from odapi_ssd.data.image_store import ImageStore
from odapi_ssd.data.input_state import read_input_state
from odapi_ssd.data.masks import IndexedMask
from odapi_ssd.errors import OdapiError
from odapi_ssd.outputs.folder import output_folder
from odapi_ssd.outputs.manifest import MANIFEST_NAME
from tests.support.folder_state import changes, state_of
from tests.support.recorded_progress import RecordedProgress


@pytest.fixture
def data_dir(voc_dir):
    for stem in ("a", "b", "c"):
        voc_dir.add(stem, [("dog", (1, 2, 30, 12))])
    voc_dir.add_splits(train=["a", "b"], val=["c"])
    return voc_dir.root


@pytest.fixture
def output_dir(tmp_path):
    return tmp_path / "records"


def digest(data_dir, output_dir=Path("nowhere"), **options):
    state = read_input_state(data_dir, output_dir, ConversionOptions(**options))
    return state and state.digest


def is_done_again(data_dir, output_dir, **options):
    """Whether a conversion did anything; whether it said so if not."""
    before, progress = state_of(output_dir), RecordedProgress()
    summary = convert_dataset(data_dir, output_dir, ConversionOptions(**options), progress)
    assert summary == convert_dataset(data_dir, output_dir, ConversionOptions(**options))
    is_said = any("Nothing has changed" in text for text in progress.phases)
    assert is_said == (not changes(before, state_of(output_dir)))
    return not is_said


def rewritten(path):
    """Changes a file's content, but neither its size nor the time of its modification."""
    status, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


class TestConversions:
    def test_the_second_does_nothing(self, data_dir, output_dir):
        assert is_done_again(data_dir, output_dir)
        assert not is_done_again(data_dir, output_dir)
        assert is_done_again(data_dir, output_dir, force=True)
        assert not is_done_again(data_dir, output_dir, num_workers=2, overwrite=True)

    @pytest.mark.parametrize("target", writer_names())
    def test_whatever_the_output(self, data_dir, output_dir, target):
        assert is_done_again(data_dir, output_dir, to=target)
        assert not is_done_again(data_dir, output_dir, to=target)

    @pytest.mark.parametrize(
        "options",
        [{"num_shards": 2}, {"max_side": 32}, {"on_error": "skip"}, {"splits": ("val",)}],
    )
    def test_other_options(self, data_dir, output_dir, options):
        convert_dataset(data_dir, output_dir)
        assert is_done_again(data_dir, output_dir, **options)

    @pytest.mark.parametrize(
        "name", ["JPEGImages/b.jpg", "Annotations/b.xml", "ImageSets/Main/train.txt"]
    )
    def test_a_changed_input_file(self, data_dir, output_dir, name):
        convert_dataset(data_dir, output_dir)
        os.utime(data_dir / name)
        assert is_done_again(data_dir, output_dir)

    def test_an_added_and_a_removed_file(self, voc_dir, data_dir, output_dir):
        convert_dataset(data_dir, output_dir)
        voc_dir.add("d")
        assert is_done_again(data_dir, output_dir)
        for path in (voc_dir.images / "d.jpg", voc_dir.annotations / "d.xml"):
            path.unlink()
        assert is_done_again(data_dir, output_dir)

    @pytest.mark.parametrize(
        "name",
        ["train.record-00000-of-00001", "label_map.pbtxt", "dataset.json"],
    )
    @pytest.mark.parametrize("change", [rewritten, os.unlink, Path.touch])
    def test_touched_output(self, data_dir, output_dir, name, change):
        convert_dataset(data_dir, output_dir)
        change(output_dir / name)
        assert is_done_again(data_dir, output_dir, overwrite=True)

    def test_output_without_its_manifest(self, data_dir, output_dir):
        convert_dataset(data_dir, output_dir)
        (output_dir / MANIFEST_NAME).unlink()
        assert is_done_again(data_dir, output_dir, overwrite=True)

    def test_output_that_another_command_has_written_to_since(self, data_dir, output_dir):
        """Its manifest is newer than a change before that would be."""
        convert_dataset(data_dir, output_dir)
        with output_folder("output_dir", output_dir, "anchors") as outputs:
            (outputs.staging / "anchors.json").write_text("{}")
            outputs.publish()
        assert is_done_again(data_dir, output_dir)

    def test_output_that_was_moved(self, data_dir, output_dir):
        convert_dataset(data_dir, output_dir)
        assert not is_done_again(data_dir, output_dir.rename(output_dir.parent / "moved"))

    def test_a_shard_of_others_beside_the_output(self, data_dir, output_dir):
        convert_dataset(data_dir, output_dir)
        (output_dir / "train.record-00001-of-00002").write_bytes(b"")
        with pytest.raises(OdapiError, match="did not write"):
            convert_dataset(data_dir, output_dir)

    def test_output_inside_of_the_input(self, data_dir):
        output_dir = data_dir / "records" / "new"
        assert is_done_again(data_dir, output_dir)
        assert not is_done_again(data_dir, output_dir)

    def test_a_given_label_map(self, data_dir, output_dir, tmp_path):
        path = tmp_path / "map.pbtxt"
        path.write_text("item { id: 1 name: 'dog' }")
        assert is_done_again(data_dir, output_dir, label_map_path=path)
        os.utime(path)
        assert not is_done_again(data_dir, output_dir, label_map_path=path)
        path.write_text("item { id: 2 name: 'dog' }")
        assert is_done_again(data_dir, output_dir, label_map_path=path)

    def test_a_failed_conversion_is_repeated(self, voc_dir, data_dir, output_dir):
        voc_dir.add("broken", xml="<annotation>")
        for _ in range(2):
            with pytest.raises(OdapiError, match="broken"):
                convert_dataset(data_dir, output_dir)


class TestDigest:
    def test_content_that_keeps_size_and_time_of_modification(self, data_dir):
        before = digest(data_dir)
        assert digest(data_dir) == before
        rewritten(data_dir / "JPEGImages" / "a.jpg")
        assert digest(data_dir) != before

    def test_links_are_followed(self, data_dir, tmp_path):
        target = tmp_path / "elsewhere"
        target.mkdir()
        (data_dir / "more").symlink_to(target)
        (data_dir / "loop").symlink_to(data_dir)
        (data_dir / "dangling").symlink_to(tmp_path / "nothing")
        before = digest(data_dir)
        assert before is not None
        (target / "new.jpg").touch()
        assert digest(data_dir) != before

    def test_the_same_files_elsewhere(self, data_dir):
        before = digest(data_dir)
        moved = data_dir.rename(data_dir.parent / "moved")
        assert digest(moved) != before

    def test_a_folder_by_another_path(self, data_dir, monkeypatch):
        before = digest(data_dir)
        monkeypatch.chdir(data_dir.parent)
        assert digest(Path(data_dir.name)) == before

    def test_a_single_file_stands_for_its_folder(self, data_dir, monkeypatch):
        path = data_dir / "all.json"
        path.touch()
        before = digest(path)
        (data_dir / "JPEGImages" / "a.jpg").touch()
        assert before is not None
        assert digest(path) != before
        monkeypatch.setattr(input_state, "_MAX_FILES_AROUND", 3)
        assert digest(path) is None

    def test_there_is_none_of_files_from_the_future(self, data_dir):
        path, later = data_dir / "Annotations" / "a.xml", time.time() + 1000
        os.utime(path, (later, later))
        assert digest(data_dir) is None

    def test_there_is_none_of_a_folder_that_is_not_there(self, tmp_path):
        assert digest(tmp_path / "nothing") is None

    def test_files_just_written_are_waited_for(self, data_dir):
        (data_dir / "Annotations" / "a.xml").touch()
        assert digest(data_dir) is not None
        newest = max(path.stat().st_ctime_ns for path in data_dir.rglob("*"))
        assert time.time_ns() - newest >= 10_000_000


@pytest.mark.parametrize(
    ("path", "mask", "is_covered"),
    [
        ("voc/JPEGImages/a.jpg", None, True),
        ("elsewhere/a.jpg", None, False),
        ("voc/../elsewhere/a.jpg", None, False),
        ("voc/a.jpg", IndexedMask(Path("voc/masks/a.png"), 1), True),
        ("voc/a.jpg", IndexedMask(Path("masks/a.png"), 1), False),
    ],
)
def test_images_outside_of_the_folder_are_not_covered(data_dir, path, mask, is_covered):
    root = data_dir.parent
    if mask is not None:
        mask = IndexedMask(root / mask.path, mask.index)
    images = ImageStore()
    objects = (AnnotatedObject(1, "dog", (0.0, 0.0, 1.0, 1.0), mask=mask),)
    images.add(AnnotatedImage("a", root / path, Annotation("a", None, objects)))
    state = read_input_state(data_dir, root / "out", ConversionOptions())
    assert state.covers(Dataset(data_dir, ("a",), images)) is is_covered
    assert not state.covers(Dataset(data_dir, ("a",), dict(images)))
