import pytest

from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.formats.no_images import describe_no_images
from odapi_ssd.errors import OdapiError


def touch(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()


def test_images_beside_are_named_with_the_folder_to_give(tmp_path):
    touch(tmp_path / "x" / "annots")
    touch(tmp_path / "x" / "pics", "a.jpg", "b.PNG", "c.txt")
    touch(tmp_path / "x" / "logos", "a.png")
    text = describe_no_images(tmp_path / "x" / "annots", 2)
    assert text.startswith(f"{tmp_path}/x/annots holds 2 annotations, but no image with one of")
    assert text.endswith(
        f"; 2 images are in {tmp_path}/x/pics: give {tmp_path}/x as --data_dir, which holds both"
    )


@pytest.mark.parametrize("beside", ["nothing", "texts"])
def test_no_images_anywhere(tmp_path, beside):
    touch(tmp_path / "x" / "annots")
    if beside == "texts":
        touch(tmp_path / "x" / "pics", "a.txt")
    text = describe_no_images(tmp_path / "x" / "annots", 1)
    assert text.endswith("; put the images in it, or give a folder that holds both")


def test_a_conversion_says_it_once(tmp_path, make_voc_dir):
    voc_dir = make_voc_dir("x", annotations="annots", images="pics")
    for stem in ("a", "b", "c"):
        voc_dir.add(stem)
    with pytest.raises(OdapiError, match="1 fault") as caught:
        convert_dataset(voc_dir.annotations, tmp_path / "records")
    (line,) = caught.value.details
    assert f"3 images are in {voc_dir.images}: give {voc_dir.root} as --data_dir" in line
    convert_dataset(voc_dir.root, tmp_path / "records")
