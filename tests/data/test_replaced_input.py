import pytest
from PIL import Image

from odapi_ssd.data.annotations import AnnotatedImage, Annotation
from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.replaced_input import require_other_place
from odapi_ssd.data.splits import SplitPlan
from odapi_ssd.data.synthetic.shapes import write_shapes
from odapi_ssd.errors import OdapiError


@pytest.fixture
def place(tmp_path):
    """An image of the dataset, in a folder."""
    path = tmp_path / "data" / "JPEGImages" / "a.png"
    path.parent.mkdir(parents=True)
    Image.new("RGB", (4, 4)).save(path)
    return path


def require(path, output_dir, *names):
    images = {"a": AnnotatedImage("a", path, Annotation("a.xml", None, ()))}
    dataset = Dataset(path.parent, ("a", "gone"), images)
    plan = SplitPlan({"test": ("gone",), "train": ("gone", "a")})
    require_other_place(dataset, plan, output_dir, names)


@pytest.mark.parametrize("name", ["JPEGImages", "JPEGImages/a.png"])
def test_a_folder_or_file_that_holds_an_image(place, tmp_path, name):
    require(place, tmp_path / "other", name)
    require(place, tmp_path / "data", "Annotations", "JPEGImages/b.png")
    with pytest.raises(OdapiError, match=r"holds the dataset that is read, and a.png would be"):
        require(place, tmp_path / "data", name)
    (tmp_path / "link").symlink_to(tmp_path / "data")
    with pytest.raises(OdapiError, match="holds the dataset"):
        require(place, tmp_path / "link", name)


def test_records_are_not_converted_in_place(tmp_path):
    write_shapes(tmp_path / "shapes", num_images=4, seed=1)
    records = tmp_path / "records"
    convert_dataset(tmp_path / "shapes", records)
    before = {path.name: path.read_bytes() for path in records.iterdir()}
    for overwrite in (False, True):
        with pytest.raises(OdapiError, match="choose another --output_dir"):
            convert_dataset(records, records, ConversionOptions(max_side=32, overwrite=overwrite))
    assert {path.name: path.read_bytes() for path in records.iterdir()} == before
