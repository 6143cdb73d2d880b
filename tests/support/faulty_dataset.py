"""A dataset in the VOC layout in which every kind of problem occurs, with names of a stranger."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.dataset_files import IMAGE_HW, voc_xml, write_text

HOSTILE_CLASS = "<script>document.title='taken'</script>"
HOSTILE_STEM = "x\"'><img src=x onerror=\"document.title='taken'\">"

# How many there are of each kind of problem in `write_faulty_dataset`.
EXPECTED_PROBLEMS = {
    "annotation_unreadable": 1,
    "image_missing": 1,
    "image_unusable": 1,
    "split_broken": 1,
    "box_inverted": 1,
    "box_without_area": 2,
    "box_clipped": 1,
    "box_repeated": 1,
    "box_of_two_classes": 1,
    "box_tiny": 1,
    "image_in_two_splits": 1,
    "image_repeated": 1,
    "class_names_similar": 1,
    "class_names_near": 2,  # dogs with dog, and with Dog
    "class_missing": 2,
    "size_conflict": 1,
    "image_rotated": 1,
    "image_without_objects": 1,
    "remark": 1,
}

Objects = Sequence[tuple[str, Sequence[int], int]]


def write_noise(path: Path, seed: int, image_hw: tuple[int, int] = IMAGE_HW, **options) -> None:
    """Writes an image that no other seed gives."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (*image_hw, 3), np.uint8)
    Image.fromarray(pixels).save(path, **options)


def add_image(folder: Path, stem: str, objects: Objects, seed: int, suffix: str = ".jpg") -> None:
    """Adds an image of 80×50 pixels and its annotation; class names may be any text."""
    write_noise(folder / "JPEGImages" / f"{stem}{suffix}", seed)
    add_annotation(folder, stem, objects)


def add_annotation(folder: Path, stem: str, objects: Objects) -> None:
    """Adds an annotation that leaves the image to its own name."""
    escaped = [
        (name.replace("&", "&amp;").replace("<", "&lt;"), box, difficult)
        for name, box, difficult in objects
    ]
    text = voc_xml("JPEGImages", "", escaped)
    write_text(folder / "Annotations" / f"{stem}.xml", text)


def write_splits(folder: Path, **stems: Sequence[str]) -> None:
    """Writes lists of splits."""
    for split, names in stems.items():
        write_text(folder / "ImageSets" / "Main" / f"{split}.txt", "\n".join(names) + "\n")


def write_faulty_dataset(folder: Path) -> Path:
    """Writes the dataset: `EXPECTED_PROBLEMS` says what is wrong with it."""
    dog, cat = ("dog", (4, 4, 40, 40), 0), ("cat", (20, 10, 60, 45), 0)
    for seed, (stem, objects) in enumerate(
        {
            "good": [dog, cat],
            "inverted": [dog, ("cat", (60, 1, 20, 9), 0)],
            "no_area": [dog, ("cat", (5, 5, 5, 9), 0), ("cat", (200, 10, 250, 20), 0)],
            "clipped": [cat, ("dog", (60, 1, 90, 9), 0)],
            "repeated": [dog, cat, dog],
            "two_classes": [dog, ("cat", dog[1], 0)],
            "tiny": [dog, ("cat", (9, 9, 9.2, 12), 0)],
            "near": [("dogs", (1, 1, 30, 30), 0)],
            "similar": [("Dog", (1, 1, 30, 30), 0)],
            HOSTILE_STEM: [(HOSTILE_CLASS, (10, 10, 50, 40), 0), dog],
            "empty": [],
            "unlisted": [dog],
            "other": [dog, cat, ("Dog", (3, 3, 9, 9), 0)],
        }.items()
    ):
        add_image(folder, stem, objects, seed)
    for stem in ("copy", "copy_in_val"):
        add_image(folder, stem, [dog, cat], seed=0)
    add_annotation(folder, "gone", [dog])
    add_image(folder, "broken", [dog], seed=50)
    (folder / "JPEGImages" / "broken.jpg").write_bytes(b"not an image")
    add_image(folder, "garbled", [dog], seed=51)
    write_text(folder / "Annotations" / "garbled.xml", "<annotation")
    add_image(folder, "larger", [dog], seed=52)
    write_noise(folder / "JPEGImages" / "larger.jpg", 53, (60, 90))
    add_image(folder, "rotated", [dog], seed=54)
    exif = Image.Exif()
    exif[0x0112] = 6
    write_noise(folder / "JPEGImages" / "rotated.jpg", 55, IMAGE_HW[::-1], exif=exif)
    write_splits(
        folder,
        train=["good", "inverted", "no_area", "clipped", "repeated", HOSTILE_STEM, "empty", "copy",
               "gone", "broken", "garbled", "larger", "rotated", "similar",
               "two_classes", "tiny", "near", "ghost"],
        val=["other", "copy_in_val"],
        # Not of the plan: `trainval` is taken only when named.
        trainval=["good", "other"],
    )  # fmt: skip
    return folder
