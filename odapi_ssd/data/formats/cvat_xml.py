"""Reads one XML file of CVAT into the collector of a dataset."""

import posixpath
import re
from collections import defaultdict
from pathlib import Path

from lxml import etree

from odapi_ssd.data.annotations import AnnotatedObject, Annotation
from odapi_ssd.data.file_names import is_plain_file_name, is_unicode
from odapi_ssd.data.formats.collecting import DatasetCollector
from odapi_ssd.data.formats.cvat_shapes import SHAPES_WITHOUT_AREA, parse_shape
from odapi_ssd.data.numbers import finite_number, shown
from odapi_ssd.data.split_folders import split_of_folder
from odapi_ssd.data.xml_files import iterate_elements
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of

__all__ = ["CvatFile"]

_AREAS = ("box", "polygon", "ellipse", "mask")
_FRAME_NUMBER = re.compile(r"(\d{1,9})$")
_MAX_SIDE = 1_000_000
_NO_SUBSET = ("", "default")


class CvatFile:
    """One file."""

    def __init__(self, source: str, collector: DatasetCollector):
        """Takes the file's path from the dataset's folder, and what gets its images."""
        self._source, self._collector = source, collector
        self._video_hw: tuple[int, int] | None = None
        self._frames: dict[int, list[AnnotatedObject]] = defaultdict(list)
        self._frame_faults: dict[int, list[str]] = defaultdict(list)
        self._has_tracks = False
        self._num_gaps = 0

    def read(self, path: Path) -> None:
        """Reads it; flaws within go to the collector. Raises OdapiError if it is not CVAT's XML."""
        for element in iterate_elements(path, self._source, "annotations"):
            if element.tag == "meta":
                self._video_hw = _parse_size(element.find(".//original_size"))
            elif element.tag == "image":
                self._read_image(element)
            elif element.tag == "track":
                self._read_track(element)
        if self._has_tracks:
            self._add_frames()

    def _read_image(self, element: etree._Element) -> None:
        name = (element.get("name") or "").strip()
        if not name:
            where = f"{self._source}, image {element.get('id') or 'without id'}"
            self._collector.add_file_faults(self._source, [f"{where}: there is no name"])
            return
        where = f"{self._source}, {name}"
        image_hw = _parse_size(element)
        objects: list[AnnotatedObject] = []
        faults: list[str] = []
        for number, shape in enumerate(element.iterchildren(*_AREAS, *SHAPES_WITHOUT_AREA), 1):
            if shape.tag in SHAPES_WITHOUT_AREA:
                self._collector.ignored[_kind(shape)] += 1
                continue
            try:
                objects.append(parse_shape(shape, number, shape.get("label") or "", image_hw))
            except ValueError as error:
                faults.append(f"{where}, object {number}: {error}")
        subset = (element.get("subset") or "").strip()
        if subset not in _NO_SUBSET and not _is_split_name(subset):
            faults.append(f"{where}: the subset is {shown(subset)}, expected a name such as train")
        self._add_image(name, subset, Annotation(where, image_hw, tuple(objects)), faults)

    def _add_image(self, name: str, subset: str, annotation: Annotation, faults: list[str]) -> None:
        collector = self._collector
        path, reason = self._find(name, subset)
        key = name if path is None else collector.index.name_of(path)
        if faults:
            collector.add_faults(key, faults)
        elif path is None:
            collector.add_missing(key, annotation, reason)
        else:
            collector.add(key, path, annotation)
        if subset not in _NO_SUBSET and _is_split_name(subset):
            collector.assign(split_of_folder(subset) or subset, key)

    def _find(self, name: str, subset: str) -> tuple[Path | None, str]:
        """The image in its subset's folder, which CVAT exports, else anywhere; or why not."""
        folder = posixpath.dirname(self._source)
        reason = ""
        folders = filter(None, (subset, folder))
        for place in (*(f"{one}/{name}" for one in folders), name):
            try:
                return self._collector.index.find_by_path(place), ""
            except OdapiError as error:
                reason = error.problem
        return None, reason

    def _read_track(self, track: etree._Element) -> None:
        self._has_tracks = True
        label, track_id = track.get("label") or "", track.get("id") or ""
        last_frame = None
        for shape in track.iterchildren(*_AREAS, *SHAPES_WITHOUT_AREA):
            where = f"{self._source}, track {track_id}"
            frame = finite_number(shape.get("frame") or "")
            if frame is None or not frame.is_integer() or not 0 <= frame < 1e9:
                text = shown(shape.get("frame") or "")
                line = f"{where}: a shape's frame is {text}, expected a whole number"
                self._collector.add_file_faults(self._source, [line])
                continue
            number = int(frame)
            is_gap = last_frame is not None and number > last_frame + 1
            self._num_gaps += is_gap
            is_outside = shape.get("outside") == "1"
            last_frame = None if is_outside else number
            if not is_outside:
                self._add_to_frame(number, shape, label, where)

    def _add_to_frame(self, frame: int, shape: etree._Element, label: str, where: str) -> None:
        if shape.tag in SHAPES_WITHOUT_AREA:
            self._collector.ignored[_kind(shape)] += 1
            return
        objects = self._frames[frame]
        try:
            objects.append(parse_shape(shape, len(objects) + 1, label, self._video_hw))
        except ValueError as error:
            self._frame_faults[frame].append(f"{where}, frame {frame}: {error}")

    def _add_frames(self) -> None:
        """Adds the frames that have objects, and the images of the others."""
        paths = self._frame_images()
        annotated = self._frames.keys() | self._frame_faults.keys()
        for frame in sorted(annotated | paths.keys()):
            self._add_frame(frame, paths.get(frame))
        if self._num_gaps:
            what = count_of(self._num_gaps, "time", "times")
            self._collector.warnings.append(
                f"{self._source}: {what} a track goes on after frames that it says nothing about; "
                "the object counts as absent there. Export the file from CVAT, which fills them in."
            )

    def _add_frame(self, frame: int, path: Path | None) -> None:
        collector = self._collector
        where = f"{self._source}, frame {frame}"
        annotation = Annotation(where, self._video_hw, tuple(self._frames.get(frame, ())))
        key = where if path is None else collector.index.name_of(path)
        if frame in self._frame_faults:
            collector.add_faults(key, self._frame_faults[frame])
        elif path is None:
            collector.add_missing(
                key,
                annotation,
                f"no image frame_{frame:06d}.jpg or the like; save the frames of the video, "
                "counted from 0, or export the task from CVAT with its images",
            )
        else:
            collector.add(key, path, annotation)

    def _frame_images(self) -> dict[int, Path]:
        """The images whose names end in a number, by that number."""
        paths: dict[int, Path] = {}
        for path in sorted(self._collector.index.image_paths()):
            number = _FRAME_NUMBER.search(path.stem)
            if number is not None:
                paths.setdefault(int(number[1]), path)
        return paths


def _kind(shape: etree._Element) -> str:
    return f"{str(shape.tag).removesuffix('s')}s"


def _is_split_name(text: str) -> bool:
    """Whether a subset's name can be part of a file's name."""
    return is_plain_file_name(text) and is_unicode(text) and len(text) <= 100


def _parse_size(element: etree._Element | None) -> tuple[int, int] | None:
    """The size in an image's attributes, or in the elements of a video's."""
    if element is None:
        return None
    height, width = (
        finite_number(element.get(side) or element.findtext(side) or "")
        for side in ("height", "width")
    )
    if height is None or width is None:
        return None
    is_size = 1 <= height <= _MAX_SIDE and 1 <= width <= _MAX_SIDE
    return (int(height), int(width)) if is_size else None
