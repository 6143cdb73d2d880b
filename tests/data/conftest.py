"""Small datasets, written by hand."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

ObjectSpec = tuple[str, Sequence[Any]]


def object_xml(name: str, box_xyxy_px: Sequence[Any], extra: str = "") -> str:
    """One `<object>` with its four corners as they are given."""
    corners = zip(("xmin", "ymin", "xmax", "ymax"), box_xyxy_px, strict=True)
    box = "".join(f"<{tag}>{value}</{tag}>" for tag, value in corners)
    return f"<object><name>{name}</name>{extra}<bndbox>{box}</bndbox></object>"


def annotation_xml(
    filename: str | None, objects: Iterable[ObjectSpec], size_wh: tuple[int, int] | None = None
) -> str:
    """One annotation."""
    named = "" if filename is None else f"<filename>{filename}</filename>"
    size = "" if size_wh is None else (
        f"<size><width>{size_wh[0]}</width><height>{size_wh[1]}</height><depth>3</depth></size>"
    )  # fmt: skip
    return f"<annotation>{named}{size}{''.join(object_xml(*one) for one in objects)}</annotation>"


class VocDir:
    """A dataset in the VOC layout that grows by `add`. Images are 40 wide and 20 high."""

    def __init__(self, root: Path, annotations: str = "Annotations", images: str = "JPEGImages"):
        self.root = root
        self.annotations = root / annotations
        self.images = root / images
        for folder in (self.annotations, self.images):
            folder.mkdir(parents=True, exist_ok=True)

    def add(
        self,
        stem: str,
        objects: Iterable[ObjectSpec] = (("dog", (4, 2, 20, 12)),),
        suffix: str = ".jpg",
        xml: str | None = None,
        size_wh: tuple[int, int] = (40, 20),
    ) -> None:
        """Adds an image and its annotation."""
        self.add_image(stem + suffix, size_wh)
        text = xml if xml is not None else annotation_xml(stem + suffix, objects, (40, 20))
        (self.annotations / f"{stem}.xml").write_text(text, encoding="utf-8")

    def add_image(
        self, name: str, size_wh: tuple[int, int] = (40, 20), **save_options: Any
    ) -> Path:
        """Adds an image alone."""
        path = self.images / name
        Image.new("RGB", size_wh, (90, 120, 30)).save(path, **save_options)
        return path

    def add_splits(self, **lists: Iterable[str]) -> None:
        """Adds ImageSets/Main/NAME.txt."""
        folder = self.root / "ImageSets" / "Main"
        folder.mkdir(parents=True, exist_ok=True)
        for name, lines in lists.items():
            (folder / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines))


@pytest.fixture
def voc_dir(tmp_path: Path) -> VocDir:
    """An empty VOC layout."""
    return VocDir(tmp_path / "voc")


@pytest.fixture
def make_voc_dir(tmp_path: Path) -> Callable[..., VocDir]:
    """Makes further datasets: `make_voc_dir(name, annotations=FOLDER, images=FOLDER)`."""
    return lambda name, **folders: VocDir(tmp_path / name, **folders)
