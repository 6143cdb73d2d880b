"""A VOC tree of any number of images of about 500x375 pixels, the same in every run.

Images are crops of one drawn canvas with detail at all scales, as photographs have it, which makes
JPEG files of about the size of VOC's. They have 2.4 objects on average.
"""

import multiprocessing
import random
from pathlib import Path

import numpy as np
from PIL import Image

__all__ = ["CLASS_NAMES", "make_voc_tree", "repeat_voc_tree"]

CLASS_NAMES = ("bird", "car", "cat", "dog", "person")
_CANVAS_SIDE = 3000
_SIZES_WH = ((500, 375), (500, 375), (375, 500), (500, 333), (500, 400))
_NUM_OBJECTS = (1, 1, 1, 2, 2, 2, 2, 3, 4, 6)
_QUALITY = 92
_OBJECT = """\t<object>
\t\t<name>{name}</name>
\t\t<pose>Unspecified</pose>
\t\t<truncated>0</truncated>
\t\t<difficult>0</difficult>
\t\t<bndbox>
\t\t\t<xmin>{box[0]}</xmin>
\t\t\t<ymin>{box[1]}</ymin>
\t\t\t<xmax>{box[2]}</xmax>
\t\t\t<ymax>{box[3]}</ymax>
\t\t</bndbox>
\t</object>
"""
_ANNOTATION = """<annotation>
\t<folder>VOC2007</folder>
\t<filename>{stem}.jpg</filename>
\t<source>
\t\t<database>drawn</database>
\t\t<annotation>drawn</annotation>
\t\t<image>drawn</image>
\t</source>
\t<size>
\t\t<width>{size[0]}</width>
\t\t<height>{size[1]}</height>
\t\t<depth>3</depth>
\t</size>
\t<segmented>0</segmented>
{objects}</annotation>
"""

_canvas: Image.Image | None = None


def make_voc_tree(voc_dir: Path, num_images: int) -> None:
    """Writes images, annotations and the lists of one split, `train`, with all images."""
    _make_folders(voc_dir)
    with multiprocessing.get_context("spawn").Pool(initializer=_draw_canvas) as pool:
        work = ((voc_dir, number) for number in range(num_images))
        for _ in pool.imap_unordered(_make_image, work, chunksize=64):
            pass
    _write_lists(voc_dir, [f"{number:06}" for number in range(num_images)])


def repeat_voc_tree(voc_dir: Path, target_dir: Path, num_times: int) -> None:
    """Writes a tree with each image of another one several times, each time in other bytes."""
    _make_folders(target_dir)
    stems = []
    for path in sorted((voc_dir / "JPEGImages").iterdir()):
        image = path.read_bytes()
        annotation = (voc_dir / "Annotations" / f"{path.stem}.xml").read_text()
        for time in range(num_times):
            stem = f"{time}_{path.stem}"
            comment = b"\xff\xfe\x00\x06" + time.to_bytes(4, "big")
            (target_dir / "JPEGImages" / f"{stem}.jpg").write_bytes(image[:2] + comment + image[2:])
            (target_dir / "Annotations" / f"{stem}.xml").write_text(
                annotation.replace(f"{path.stem}.jpg", f"{stem}.jpg")
            )
            stems.append(stem)
    _write_lists(target_dir, stems)


def _make_folders(voc_dir: Path) -> None:
    for name in ("JPEGImages", "Annotations", "ImageSets/Main"):
        (voc_dir / name).mkdir(parents=True)


def _write_lists(voc_dir: Path, stems: list[str]) -> None:
    """The list of a split, and the class-wise one which the API's program takes for it."""
    lists = voc_dir / "ImageSets" / "Main"
    (lists / "train.txt").write_text("".join(f"{stem}\n" for stem in stems))
    (lists / "aeroplane_train.txt").write_text("".join(f"{stem} -1\n" for stem in stems))


def _draw_canvas() -> None:
    """Noise at every scale from 512 pixels to one, weaker the finer it is."""
    global _canvas
    generator = np.random.default_rng(7)
    pixels = np.full((_CANVAS_SIDE, _CANVAS_SIDE, 3), 120, np.float32)
    amplitude = 32.0
    for cell in (512, 256, 128, 64, 32, 16, 8, 4, 2, 1):
        num_cells = _CANVAS_SIDE // cell + 2
        side = num_cells * cell
        grid = generator.normal(size=(3, num_cells, num_cells)).astype(np.float32)
        layers = [
            np.asarray(Image.fromarray(one).resize((side, side), Image.Resampling.BILINEAR))
            for one in grid
        ]
        for channel in range(3):
            layer = 0.8 * layers[0] + 0.35 * layers[channel]
            pixels[..., channel] += amplitude * layer[:_CANVAS_SIDE, :_CANVAS_SIDE]
        amplitude *= 0.85
    _canvas = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _make_image(work: tuple[Path, int]) -> None:
    voc_dir, number = work
    assert _canvas is not None
    generator, stem = random.Random(number), f"{number:06}"
    width, height = generator.choice(_SIZES_WH)
    left = generator.randrange(_CANVAS_SIDE - width)
    top = generator.randrange(_CANVAS_SIDE - height)
    image = _canvas.crop((left, top, left + width, top + height))
    image.save(voc_dir / "JPEGImages" / f"{stem}.jpg", quality=_QUALITY)
    objects = [
        _OBJECT.format(name=generator.choice(CLASS_NAMES), box=_draw_box(generator, width, height))
        for _ in range(generator.choice(_NUM_OBJECTS))
    ]
    text = _ANNOTATION.format(stem=stem, size=(width, height), objects="".join(objects))
    (voc_dir / "Annotations" / f"{stem}.xml").write_text(text)


def _draw_box(generator: random.Random, width: int, height: int) -> tuple[int, int, int, int]:
    xmin, ymin = generator.randrange(1, width // 2), generator.randrange(1, height // 2)
    return (
        xmin,
        ymin,
        xmin + generator.randrange(20, width // 2),
        ymin + generator.randrange(20, height // 2),
    )
