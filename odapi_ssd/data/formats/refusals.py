"""The message about a folder or file that no format recognizes.

It says what is there, what is supported, and the one change that is most likely to help.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from odapi_ssd.data.formats.folder_contents import FolderContents, count_contents, kind_of
from odapi_ssd.data.xml_root import root_tag
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import list_some

__all__ = ["unrecognized_file", "unrecognized_folder"]

RecognizingFormats = Callable[[Path], list[str]]
"""The names of the formats that recognize a folder."""

_ANNOTATIONS = ("XML file", "JSON file", "CSV file", "text file", "TFRecord file")
_XML_ROOTS = {"annotation": "voc", "annotations": "cvat"}
_MAX_SUBFOLDERS = 50


def unrecognized_folder(
    folder: Path, layouts: Iterable[str], recognizing: RecognizingFormats
) -> OdapiError:
    """The error about a folder.

    Args:
        folder: an existing folder.
        layouts: what is supported, one line each.
        recognizing: asked about the folders in it.
    """
    contents = count_contents(folder)
    return OdapiError(
        f"No annotated images in {folder}, which holds {contents.describe()}; expected one of "
        "these layouts:",
        details=layouts,
        hint=next(_hints(folder, contents, recognizing)),
    )


def unrecognized_file(path: Path, layouts: Iterable[str]) -> OdapiError:
    """The error about a file that no format of single files recognizes."""
    if kind_of(path) == "archive":
        hint = "unpack it, and give the folder that comes out."
    elif kind_of(path) == "image":
        hint = "give the folder that holds the annotations and the images."
    else:
        hint = (
            f"{_describe_xml(path) or ''}give the folder of the dataset, or say with --format what "
            "this is."
        )
    return OdapiError(
        f"No annotated images in {path}, a file; expected a folder, or a file in one of these "
        "layouts:",
        details=layouts,
        hint=hint,
    )


def _hints(
    folder: Path, contents: FolderContents, recognizing: RecognizingFormats
) -> Iterator[str]:
    """Changes that would help, the most likely one first; never none."""
    subfolders = _subfolders(folder) if contents.is_complete else []
    below = {path: names for path in subfolders if (names := recognizing(path))}
    if below:
        named = list_some(f"{path} ({' or '.join(names)})" for path, names in below.items())
        yield f"give {'this folder' if len(below) == 1 else 'one of these folders'}: {named}."
    if not contents.first:
        yield "give the folder that holds the images and the annotations."
    if "archive" in contents.first and not contents.total("image"):
        yield f"unpack {contents.first['archive']}, and give the folder that comes out."
    kinds = [kind for kind in _ANNOTATIONS if kind in contents.first]
    if "image" in contents.first and not set(kinds) - {"text file"}:
        yield from _about_images_alone(folder, contents)
    for kind in kinds:
        yield from _about_annotations(kind, contents.first[kind], contents)
    yield "give the folder that holds one of these, or see what `odapi-ssd shapes` writes."


def _about_images_alone(folder: Path, contents: FolderContents) -> Iterator[str]:
    if "text file" in contents.first:
        return
    absolute = Path(os.path.abspath(folder))
    stems = {Path(name).stem for name in _names_in(absolute)}
    for beside in _subfolders(absolute.parent):
        if beside != absolute and _holds_annotations_of(stems, beside):
            yield (
                f"give {absolute.parent}, if the annotations of these images are in "
                f"{beside.name}/ beside them."
            )
    yield (
        "give the folder that holds the annotations as well; if there are none yet, draw them "
        "with a tool such as CVAT, Label Studio or LabelMe."
    )


def _about_annotations(kind: str, path: Path, contents: FolderContents) -> Iterator[str]:
    """What is wrong with the files of one kind, told by the first of them."""
    if kind == "XML file" and (wrong := _describe_xml(path)):
        yield f"{wrong}put files in one of the formats in its place."
    if kind == "JSON file":
        yield (
            f"{path} is neither COCO's (an object with images, annotations and categories) nor "
            "LabelMe's (shapes and imagePath); put one of these in its place, or say with --format "
            "what it is."
        )
    if kind == "CSV file":
        yield (
            f"the first line of {path} must name the columns filename, class, xmin, ymin, xmax and "
            "ymax; rename those that are called otherwise."
        )
    if kind == "text file" and "image" in contents.first:
        yield (
            "if the text files are YOLO's, put data.yaml (or classes.txt) beside them, with the "
            "names of the classes in the order of their numbers."
        )


def _describe_xml(path: Path) -> str | None:
    """A sentence's beginning about an XML file whose root is no format's; None for others."""
    tag = root_tag(path) if path.suffix.lower() == ".xml" else None
    if tag is None or tag in _XML_ROOTS:
        return None
    expected = " or ".join(f"<{root}> ({name})" for root, name in _XML_ROOTS.items())
    return f"{path} has the root tag <{tag}>, expected {expected}: "


def _holds_annotations_of(stems: Collection[str], folder: Path) -> bool:
    """Whether a folder has files of annotations that are named after images."""
    paths = map(Path, _names_in(folder))
    return any(kind_of(path) in _ANNOTATIONS and path.stem in stems for path in paths)


def _names_in(folder: Path) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if not name.startswith(".")]
    except OSError:
        return []


def _subfolders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(one.name for one in entries if one.is_dir() and one.name[0] != ".")
    except OSError:
        return []
    return [folder / name for name in names[:_MAX_SUBFOLDERS]]
