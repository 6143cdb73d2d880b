"""Registry of annotation formats; reads a folder or a file in the format that recognizes it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from odapi_ssd.data.class_names import check_class_names
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.formats.refusals import unrecognized_file, unrecognized_folder
from odapi_ssd.errors import OdapiError, OptionError

__all__ = [
    "AnnotationFormat",
    "WrongFormatError",
    "format_names",
    "read_dataset",
    "recognizing_formats",
    "register",
]


class WrongFormatError(OdapiError):
    """A folder is not in the format that was asked for, but in another.

    Attributes:
        looks_like: the formats that it may be in.
    """

    looks_like: tuple[str, ...] = ()


@dataclass(frozen=True)
class AnnotationFormat:
    """An annotation format: how to recognize a folder in it, and how to read one.

    Attributes:
        name: one lower-case word, such as "voc".
        layouts: what a folder in this format looks like, one line for each variant, for the message
            that refuses an unknown folder.
        recognize: takes an existing folder; returns whether it is in this format. It looks at file
            names, and at most into one file; strange contents are no reason to raise.
        read: takes a folder that `recognize` took, or one that the user says is in this format;
            returns its `Dataset`. Flaws of single annotations, images and splits go into the
            `Dataset`; it raises OdapiError only where it cannot tell which dataset is meant, or
            finds none.
        takes_files: whether both take a file as well, such as a COCO JSON: the annotations of all
            images, which are beside it or below its folder.
    """

    name: str
    layouts: tuple[str, ...]
    recognize: Callable[[Path], bool]
    read: Callable[[Path], Dataset]
    takes_files: bool = False


_formats: dict[str, AnnotationFormat] = {}


def register(annotation_format: AnnotationFormat) -> None:
    """Makes a format known to `read_dataset`.

    Raises:
        ValueError: there is one of that name.
    """
    if annotation_format.name in _formats:
        raise ValueError(
            f"the annotation format {annotation_format.name!r} is registered already; "
            f"registered are: {', '.join(_formats)}"
        )
    _formats[annotation_format.name] = annotation_format


def format_names() -> tuple[str, ...]:
    """The formats that can be read."""
    return tuple(_formats)


def recognizing_formats(data_dir: Path) -> list[str]:
    """The names of the formats that recognize a folder or file.

    Raises:
        OdapiError: a folder in it cannot be read.
    """
    return [one.name for one in _recognizing(data_dir, data_dir.is_file())]


def read_dataset(data_dir: Path, name: str | None = None) -> Dataset:
    """Reads a folder, or a file, in the format named, or in the one that recognizes it.

    Args:
        data_dir: the folder; or, of a format that has all annotations in one file, that file.
        name: the format's name; None to recognize it.

    Raises:
        OdapiError: no such folder or file, one that no format or more than one recognizes, or one
            that holds no dataset.
        OptionError: there is no format of that name.
    """
    if name is not None and name not in _formats:
        raise OptionError("format", f"is {name!r}; expected one of {', '.join(_formats)}.")
    data_dir = Path(data_dir)
    is_file = data_dir.is_file()
    if not is_file and not data_dir.is_dir():
        what = "is neither a folder nor a file" if data_dir.exists() else "does not exist"
        raise OdapiError(f"The dataset {data_dir} {what}.")
    if name is not None:
        return check_class_names(_read_as(_formats[name], data_dir, is_file))
    recognized = _recognizing(data_dir, is_file)
    if len(recognized) == 1:
        return check_class_names(recognized[0].read(data_dir))
    if recognized:
        raise OdapiError(
            f"{data_dir} holds annotations in {len(recognized)} formats, expected one: "
            f"{', '.join(one.name for one in recognized)}.",
            hint="say which with --format, or move those that are not wanted out of the folder.",
        )
    layouts = [
        f"{one.name}: {layout}"
        for one in _formats.values()
        if one.takes_files or not is_file
        for layout in one.layouts
    ]
    if is_file:
        raise unrecognized_file(data_dir, layouts)
    raise unrecognized_folder(data_dir, layouts, recognizing_formats)


def _recognizing(data_dir: Path, is_file: bool) -> list[AnnotationFormat]:
    """The formats that take a folder or file as theirs."""
    return [
        one
        for one in _formats.values()
        if (one.takes_files or not is_file) and one.recognize(data_dir)
    ]


def _read_as(chosen: AnnotationFormat, data_dir: Path, is_file: bool) -> Dataset:
    """Reads what the user says is in a format; if it is not, says which it looks like."""
    if is_file and not chosen.takes_files:
        raise OdapiError(
            f"{data_dir} is a file, expected a folder: a dataset in the format {chosen.name} is "
            "one of many files.",
            hint="give the folder that it is in.",
        )
    try:
        return chosen.read(data_dir)
    except OdapiError as error:
        others = [one.name for one in _recognizing(data_dir, is_file) if one is not chosen]
        if not others:
            raise
        wrong = WrongFormatError(
            error.problem,
            details=error.details,
            hint=f"this looks like {' or '.join(others)}: leave --format {chosen.name} out, or "
            "name the right one.",
        )
        wrong.looks_like = tuple(others)
        raise wrong from error
