import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFile

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.inspection.dataset.pictures import PictureRequest, make_picture
from tests.support.faulty_dataset import write_noise


def _image(tmp_path, boxes, image_hw=(300, 400), declared_hw=None, **options):
    """A blue image whose boxes are red inside."""
    image = Image.new("RGB", image_hw[::-1], "navy")
    for box in boxes:
        xmin, xmax, ymin, ymax = *sorted(box[::2]), *sorted(box[1::2])
        ImageDraw.Draw(image).rectangle((xmin, ymin, xmax - 1, ymax - 1), fill="red")
    path = tmp_path / "a.png"
    if "exif" in options:
        image = image.transpose(Image.Transpose.ROTATE_90)  # as a camera stores orientation 6
        path = tmp_path / "a.jpg"
    image.save(path, **options)
    objects = tuple(
        AnnotatedObject(n, "dog", tuple(map(float, box))) for n, box in enumerate(boxes, 1)
    )
    return AnnotatedImage("a", path, Annotation("a.xml", declared_hw, objects))


def _assert_boxes_are_where_it_is_red(picture):
    pixels = np.asarray(Image.open(io.BytesIO(picture.jpeg)).convert("RGB")).astype(int)
    is_red = pixels[..., 0] - pixels[..., 2] > 60
    rows, columns = np.indices(is_red.shape) + 0.5
    scale = picture.width / is_red.shape[1]
    inside = np.zeros_like(is_red)
    for xmin, ymin, xmax, ymax in (mark.box_xyxy for mark in picture.marks):
        within_x = (columns * scale > xmin) & (columns * scale < xmax)
        inside |= within_x & (rows * scale > ymin) & (rows * scale < ymax)
    is_image = abs(pixels[..., 0] - pixels[..., 2]) > 40  # and not the gray around it
    assert is_red.any()
    assert np.mean(is_red[is_image] == inside[is_image]) > 0.98


@pytest.mark.parametrize("numbers", [(), (1,), (2,), (1, 2), (3,)])
@pytest.mark.parametrize("image_hw", [(300, 400), (900, 150)])
def test_boxes_sit_right_on_the_whole_and_on_parts(tmp_path, image_hw, numbers):
    boxes = [(20, 30, 90, 80), (100, 200, 140, 260), (-30, 250, 40, 330)]
    picture = make_picture(PictureRequest(_image(tmp_path, boxes, image_hw), numbers))
    assert max(picture.width, picture.height) == 480
    assert [mark.is_wanted for mark in picture.marks].count(True) == len(numbers)
    assert picture.image_hw == image_hw
    _assert_boxes_are_where_it_is_red(picture)


def test_a_part_shows_the_object_larger(tmp_path):
    annotated = _image(tmp_path, [(100, 100, 104, 106)])
    whole = make_picture(PictureRequest(annotated))
    part = make_picture(PictureRequest(annotated, (1,)))
    widths = [
        picture.marks[0].box_xyxy[2] - picture.marks[0].box_xyxy[0] for picture in (whole, part)
    ]
    assert widths[1] > 3 * widths[0]
    assert (whole.is_part, part.is_part) == (False, True)


def test_an_exif_rotation_that_the_annotation_saw(tmp_path):
    """The boxes are those of the upright image of 300×400, which is stored on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    boxes = [(20, 30, 120, 80)]
    annotated = _image(tmp_path, boxes, declared_hw=(300, 400), exif=exif, quality=95)
    picture = make_picture(PictureRequest(annotated))
    assert picture.image_hw == (300, 400)
    assert (picture.width, picture.height) == (480, 360)
    _assert_boxes_are_where_it_is_red(picture)


@pytest.mark.parametrize(
    "box",
    [(300, 200, 100, 50), (50, 50, 50, 50), (1e300, 1e300, 2e300, 2e300), (-1e9, -1e9, -1e8, -1e8),
     (0, 0, 400, 300), (399.5, 0, 400, 0.5)],
)  # fmt: skip
def test_boxes_that_are_wrong_can_be_shown(tmp_path, box):
    annotated = _image(tmp_path, [])
    objects = (AnnotatedObject(1, "dog", tuple(map(float, box))),)
    annotated = AnnotatedImage("a", annotated.path, Annotation("a", None, objects))
    picture = make_picture(PictureRequest(annotated, (1,)))
    (mark,) = picture.marks
    left, top, right, bottom = mark.box_xyxy
    assert left <= right
    assert top <= bottom
    assert np.abs(mark.box_xyxy).max() < 2000
    blue = np.asarray(Image.open(io.BytesIO(picture.jpeg)))[..., 2] > 100
    assert blue.mean() > 0.05  # something of the image can be seen


def test_ten_thousand_boxes_leave_the_picture_visible(tmp_path):
    objects = tuple(
        AnnotatedObject(n, "dog", (0.0, 0.0, 1.0 + n / 100, 9.0)) for n in range(1, 10_001)
    )
    annotated = _image(tmp_path, [])
    annotated = AnnotatedImage("a", annotated.path, Annotation("a", None, objects))
    picture = make_picture(PictureRequest(annotated, (7,)))
    assert len(picture.marks) == 150
    assert picture.num_left_out == 9850
    assert picture.marks[-1].is_wanted


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_an_object_alone(tmp_path, suffix):
    """Also of a large JPEG, which is decoded at a part of its size."""
    annotated = _image(tmp_path, [(700, 500, 900, 600)], (1500, 2000))
    path = tmp_path / f"b{suffix}"
    Image.open(annotated.path).save(path)
    annotated = AnnotatedImage("a", path, annotated.annotation)
    picture = make_picture(PictureRequest(annotated, (1,), is_tight=True, side=144))
    assert picture.width == picture.height == 144
    left, _, right, _ = picture.marks[0].box_xyxy
    assert right - left > 0.8 * 144
    _assert_boxes_are_where_it_is_red(picture)


def test_an_object_at_the_edge(tmp_path):
    annotated = _image(tmp_path, [(380, -20, 420, 30)])
    picture = make_picture(PictureRequest(annotated, (1,), is_tight=True, side=144))
    _assert_boxes_are_where_it_is_red(picture)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_truncated_image_is_shown_as_far_as_it_goes(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    write_noise(path, seed=1, image_hw=(400, 400))
    path.write_bytes(path.read_bytes()[:-9000])
    annotated = AnnotatedImage("a", path, Annotation("a", None, ()))
    pixels = np.asarray(Image.open(io.BytesIO(make_picture(PictureRequest(annotated)).jpeg)))
    assert pixels[:100].std() > 20
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_noise_stays_small(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (900, 900, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    annotated = AnnotatedImage("a", tmp_path / "a.png", Annotation("a", None, ()))
    assert len(make_picture(PictureRequest(annotated)).jpeg) < 110_000


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_mode(tmp_path, mode):
    Image.new("L", (30, 20), 100).convert(mode).save(tmp_path / "a.png")
    annotated = AnnotatedImage("a", tmp_path / "a.png", Annotation("a", None, ()))
    assert make_picture(PictureRequest(annotated)).image_hw == (20, 30)


def test_one_pixel(tmp_path):
    Image.new("RGB", (1, 1)).save(tmp_path / "a.png")
    annotated = AnnotatedImage("a", tmp_path / "a.png", Annotation("a", None, ()))
    picture = make_picture(PictureRequest(annotated))
    assert (picture.width, picture.height) == (480, 480)


def test_no_picture_of_what_is_not_an_image(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no image")
    annotated = AnnotatedImage("a", tmp_path / "a.png", Annotation("a", None, ()))
    assert make_picture(PictureRequest(annotated)) is None
