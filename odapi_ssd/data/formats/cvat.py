"""CVAT's own XML, for images and for video, versions 1.0 and 1.1.

A file for images has an `<image>` for each; one for video has `<track>`s, whose shapes say in which
frame they are: the frames must have been saved as images whose names end in the frame's number, as
in `frame_000000.jpg`. An image's key is its name in the file, or its path if there are several
files. `cvat_shapes` makes objects of the shapes.

Source: https://docs.cvat.ai/docs/dataset_management/formats/format-cvat/.
"""

from pathlib import Path

from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.folder_tree import shallow_files
from odapi_ssd.data.formats.collecting import DatasetCollector
from odapi_ssd.data.formats.cvat_xml import CvatFile
from odapi_ssd.data.formats.registry import AnnotationFormat
from odapi_ssd.data.image_index import ImageIndex
from odapi_ssd.data.xml_root import root_tag
from odapi_ssd.errors import OdapiError

__all__ = ["FORMAT", "read", "recognize"]

_ROOT_TAG = "annotations"
_MAX_LOOKED_INTO = 20


def recognize(data_path: Path) -> bool:
    """Whether a file is CVAT's, or a folder holds one near its top."""
    if data_path.is_file():
        return data_path.suffix.lower() == ".xml" and root_tag(data_path) == _ROOT_TAG
    return bool(_list_files(data_path))


def read(data_path: Path) -> Dataset:
    """Reads a file, or all files of a folder.

    Raises:
        OdapiError: there is none.
    """
    data_dir = data_path.parent if data_path.is_file() else data_path
    paths = [data_path] if data_path.is_file() else _list_files(data_dir)
    if not paths:
        raise OdapiError(
            f"No XML file of CVAT in {data_dir}, expected annotations.xml with <annotations>"
        )
    collector = DatasetCollector(data_dir, ImageIndex(data_dir))
    for path in paths:
        source = path.relative_to(data_dir).as_posix()
        try:
            CvatFile(source, collector).read(path)
        except OdapiError as error:
            collector.add_file_faults(source, [error.problem])
    return collector.dataset()


def _list_files(data_dir: Path) -> list[Path]:
    """The files of CVAT; none if the first XML file is of another format, as in a VOC dataset."""
    paths = list(shallow_files(data_dir, ".xml", depth=1))
    if not paths or root_tag(paths[0]) != _ROOT_TAG:
        return []
    return [path for path in paths if root_tag(path) == _ROOT_TAG]


FORMAT = AnnotationFormat(
    name="cvat",
    layouts=(
        "annotations.xml of CVAT for images, with the images in any folders",
        "annotations.xml of CVAT for video, with its frames as frame_000000.jpg and so on",
    ),
    recognize=recognize,
    read=read,
    takes_files=True,
)
