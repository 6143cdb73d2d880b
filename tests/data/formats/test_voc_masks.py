import io

import numpy as np
import pytest
from PIL import Image

from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.formats.voc_masks import MAX_INSTANCES, combine_masks, encode_index_image
from odapi_ssd.data.mask_rendering import encode_png_mask
from tests.data.conftest import VocDir, annotation_xml


def png(rows):
    return encode_png_mask(np.array(rows, bool))


class TestCombining:
    def test_each_object_has_its_number(self):
        indices, num_changed = combine_masks([png([[1, 0, 0]]), png([[0, 0, 1]])])
        assert indices.tolist() == [[1, 0, 2]]
        assert num_changed == 0

    def test_where_masks_overlap_the_smallest_stays_whole(self):
        masks = [png([[0, 1, 0, 0]]), png([[1, 1, 1, 0]]), png([[0, 0, 1, 1]])]
        indices, num_changed = combine_masks(masks)
        assert indices.tolist() == [[2, 1, 3, 3]]
        assert num_changed == 1

    def test_there_are_254_numbers(self):
        masks = [png([[column == number for column in range(300)]]) for number in range(300)]
        indices, num_changed = combine_masks(masks)
        assert indices.max() == MAX_INSTANCES == 254
        assert num_changed == 300 - 254


def test_the_palette_is_that_of_voc():
    encoded = encode_index_image(np.array([[0, 1, 2, 20, 255]], np.uint8))
    image = Image.open(io.BytesIO(encoded))
    assert image.mode == "P"
    assert np.asarray(image).tolist() == [[0, 1, 2, 20, 255]]
    colors = np.asarray(image.convert("RGB"))[0].tolist()
    assert colors == [[0, 0, 0], [128, 0, 0], [0, 128, 0], [0, 64, 128], [224, 224, 192]]


class TestConversion:
    @pytest.fixture
    def segmented_dir(self, tmp_path):
        """One image with the masks of two objects and a border that is unknown."""
        voc_dir = VocDir(tmp_path / "voc")
        voc_dir.add("a", [("dog", (2, 2, 12, 12)), ("cat", (20, 5, 30, 15))])
        voc_dir.add_splits(train=["a"])
        indices = np.zeros((20, 40), np.uint8)
        indices[2:12, 2:12], indices[4:10, 4:10] = 255, 1
        indices[5:15, 20:30] = 2
        (voc_dir.root / "SegmentationObject").mkdir()
        Image.fromarray(indices).save(voc_dir.root / "SegmentationObject" / "a.png")
        return voc_dir.root

    def test_records_through_voc_have_the_same_masks(self, segmented_dir, tmp_path):
        options = {"include_masks": True, "num_workers": 1}
        convert_dataset(segmented_dir, tmp_path / "direct", ConversionOptions(**options))
        again = convert_dataset(
            segmented_dir, tmp_path / "again", ConversionOptions(to="voc", **options)
        )
        assert again.warnings == ()
        xml = (tmp_path / "again" / "Annotations" / "a.xml").read_text()
        assert "<segmented>1</segmented>" in xml
        convert_dataset(tmp_path / "again", tmp_path / "through", ConversionOptions(**options))
        direct, through = (
            (tmp_path / name / "train.record-00000-of-00001").read_bytes()
            for name in ("direct", "through")
        )
        assert direct == through
        assert b"image/object/mask" in direct

    def test_what_masks_lose_is_told(self, segmented_dir, tmp_path):
        (segmented_dir / "Annotations" / "a.xml").write_text(
            annotation_xml("a.jpg", [("dog", (2, 2, 12, number)) for number in (12, 15, 18)])
        )
        options = ConversionOptions(to="voc", num_workers=1, include_masks=True)
        (warning,) = convert_dataset(segmented_dir, tmp_path / "again", options).warnings
        assert warning.startswith("1 image has objects whose mask has no pixel")

    def test_masks_that_were_not_asked_for_are_not_written(self, segmented_dir, tmp_path):
        options = ConversionOptions(to="voc", num_workers=1)
        (warning,) = convert_dataset(segmented_dir, tmp_path / "again", options).warnings
        assert warning.startswith("2 objects have masks, which only --include_masks writes")
        assert not (tmp_path / "again" / "SegmentationObject").exists()
