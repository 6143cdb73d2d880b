"""What a YOLO dataset says about itself: `data.yaml`, or the files that stand for it.

Sources: https://docs.ultralytics.com/datasets/detect/ for the YAML file; for `obj.data` and
`obj.names` https://github.com/AlexeyAB/darknet. LabelImg writes `classes.txt`, Roboflow's Darknet
export `_darknet.labels`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from odapi_ssd.data.file_names import is_plain_file_name, path_parts
from odapi_ssd.data.numbers import shown
from odapi_ssd.data.split_folders import split_of_folder
from odapi_ssd.data.text_files import read_text
from odapi_ssd.data.yaml_values import read_yaml
from odapi_ssd.errors import OdapiError

__all__ = ["CLASS_LISTS", "YoloConfig", "find_yaml", "list_class_lists", "read_config"]

CLASS_LISTS = ("classes.txt", "obj.names", "_darknet.labels", "predefined_classes.txt")
_USUAL_YAML_NAMES = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
_NAMES_KEY = re.compile(rb"(?:^|[{,\s])[\"']?names[\"']?\s*:")
_HEAD_BYTES = 1_000_000
_NOTHING = ("", "~", "null", "Null", "NULL")
_MAX_CLASSES = 100_000
_MAX_YAML_FILES = 10
_MAX_SPLIT_NAME = 100
_OTHER_KEYS = ("path", "names", "nc", "kpt_shape")


@dataclass(frozen=True)
class YoloConfig:
    """The classes and splits of a dataset.

    Attributes:
        source: the file that says so, relative to the dataset's folder.
        class_names: by index, from 0.
        base: the folder that the entries of splits are in, as the file has it; mostly of another
            machine.
        splits: by split, the folders or lists of images, as the file has them.
        others: further keys that may be splits, which they are if their paths are found.
        num_keypoint_values: how many numbers about keypoints follow the box in each row.
    """

    source: str
    class_names: Mapping[int, str]
    base: str = ""
    splits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    num_keypoint_values: int = 0


def find_yaml(data_dir: Path) -> Path | None:
    """The YAML file of a folder that names classes, `data.yaml` before others; None for none."""
    paths = [
        path
        for path in data_dir.iterdir()
        if path.suffix.lower() in (".yaml", ".yml") and not path.name.startswith(".")
    ]
    order = {name: number for number, name in enumerate(_USUAL_YAML_NAMES)}
    paths.sort(key=lambda path: (order.get(path.name.lower(), len(order)), path.name))
    return next(filter(_names_classes, paths[:_MAX_YAML_FILES]), None)


def list_class_lists(data_dir: Path) -> list[Path]:
    """The lists of class names in a folder, or in its folders of splits, labels and images."""
    folders = [data_dir, *(path for path in sorted(data_dir.iterdir()) if _may_hold_list(path))]
    return [path for folder in folders for name in CLASS_LISTS if (path := folder / name).is_file()]


def read_config(data_dir: Path) -> YoloConfig:
    """Reads the YAML file, else a list of classes.

    Raises:
        OdapiError: there is neither, or it cannot be used.
    """
    yaml_path = find_yaml(data_dir)
    if yaml_path is not None:
        return _config_of_yaml(read_yaml(yaml_path, yaml_path.name), yaml_path.name)
    lists = list_class_lists(data_dir)
    if not lists:
        raise OdapiError(
            f"No class names in {data_dir}, expected data.yaml with `names`, or a list of them in "
            f"one of {', '.join(CLASS_LISTS)}.",
            hint="write the names of the classes to classes.txt, one per line, in the order of "
            "their numbers.",
        )
    return _config_of_list(data_dir, lists)


def _may_hold_list(path: Path) -> bool:
    name = path.name.lower()
    is_known = name in ("labels", "images", "data") or split_of_folder(name) is not None
    return is_known and path.is_dir()


def _names_classes(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return False
    # Without byte order marks, and every second byte of UTF-16.
    return _NAMES_KEY.search(head.translate(None, b"\0\xef\xbb\xbf\xff\xfe")) is not None


def _config_of_yaml(values: Any, source: str) -> YoloConfig:
    if not isinstance(values, dict):
        raise OdapiError(f"{source}: is not a mapping, expected `names:` and the like")
    names = _parse_names(values.get("names"), source)
    _check_count(values.get("nc"), names, source)
    splits: dict[str, tuple[str, ...]] = {}
    for key, value in values.items():
        split = split_of_folder(key)
        if split is not None and value not in _NOTHING:
            splits[split] = (*splits.get(split, ()), *_parse_entries(value, key, source))
    base = values.get("path", "")
    return YoloConfig(
        source=source,
        class_names=names,
        base=base if isinstance(base, str) and base not in _NOTHING else "",
        splits=splits,
        others=_parse_others(values),
        num_keypoint_values=_count_keypoint_values(values.get("kpt_shape"), source),
    )


def _parse_names(value: Any, source: str) -> dict[int, str]:
    """Names by index, of a list or of a mapping by index."""
    if isinstance(value, list):
        items = list(enumerate(value))
    elif isinstance(value, dict):
        items = [(_parse_index(key, source), name) for key, name in value.items()]
    else:
        raise OdapiError(
            f"{source}: names is {shown(str(value))}, expected a list of class names, or names by "
            "their numbers from 0"
        )
    return _checked_names(items, source)


def _parse_index(text: str, source: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise OdapiError(
            f"{source}: names has the key {shown(text)}, expected a number from 0 for each class"
        )
    return int(text)


def _checked_names(items: list[tuple[int, Any]], source: str) -> dict[int, str]:
    names: dict[int, str] = {}
    index_of: dict[str, int] = {}
    for index, value in items:
        name = value.strip() if isinstance(value, str) else ""
        if not name:
            raise OdapiError(f"{source}: the name of class {index} is empty or not a text")
        if name in index_of or index in names:
            raise OdapiError(
                f"{source}: the classes {index_of.get(name, index)} and {index} are both {name!r}, "
                "expected different names"
            )
        names[index] = name
        index_of[name] = index
    if not 0 < len(names) <= _MAX_CLASSES:
        raise OdapiError(f"{source}: has {len(names):,} classes, expected 1 to {_MAX_CLASSES:,}")
    return names


def _check_count(value: Any, names: Mapping[int, str], source: str) -> None:
    if value is not None and value not in _NOTHING and value != str(len(names)):
        raise OdapiError(
            f"{source}: nc is {shown(str(value))}, but names has {len(names):,}; expected the same "
            "number of classes"
        )


def _parse_entries(value: Any, key: str, source: str) -> Iterator[str]:
    for entry in value if isinstance(value, list) else [value]:
        if not isinstance(entry, str):
            raise OdapiError(
                f"{source}: {key} is not a path or a list of paths, expected the folder of the "
                "images or a list of them"
            )
        if entry not in _NOTHING:
            yield entry


def _parse_others(values: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Keys of any other name whose values may be folders or lists of images, in this folder."""
    others = {}
    for key, value in values.items():
        entries = value if isinstance(value, list) else [value]
        is_name = is_plain_file_name(key) and len(key) <= _MAX_SPLIT_NAME
        if key in _OTHER_KEYS or split_of_folder(key) is not None or not is_name or not entries:
            continue
        if all(isinstance(one, str) and one and not path_parts(one)[0] for one in entries):
            others[key] = tuple(entries)
    return others


def _count_keypoint_values(value: Any, source: str) -> int:
    """How many numbers `kpt_shape: [keypoints, values of each]` stands for."""
    if value is None or value in _NOTHING:
        return 0
    texts = value if isinstance(value, list) else []
    is_valid = len(texts) == 2 and all(
        isinstance(one, str) and one.isascii() and one.isdigit() and len(one) < 5 for one in texts
    )
    if not is_valid:
        raise OdapiError(f"{source}: kpt_shape is {shown(str(value))}, expected two whole numbers")
    return int(texts[0]) * int(texts[1])


def _config_of_list(data_dir: Path, lists: list[Path]) -> YoloConfig:
    """Classes, one per line; the lists of split folders must be the same."""
    source = lists[0].relative_to(data_dir).as_posix()
    names = _read_list(lists[0], source)
    for path in lists[1:]:
        other = path.relative_to(data_dir).as_posix()
        if _read_list(path, other) != names:
            raise OdapiError(
                f"{source} and {other} have different classes, expected the same in all lists.",
                hint="remove the one that is out of date.",
            )
    return YoloConfig(source, names, splits=_splits_of_darknet(data_dir))


def _read_list(path: Path, source: str) -> dict[int, str]:
    """Empty lines at the end are none; one between two names would shift those after it."""
    lines = read_text(path, source).rstrip().splitlines()
    return _checked_names(list(enumerate(lines)), source)


def _splits_of_darknet(data_dir: Path) -> dict[str, tuple[str, ...]]:
    """The lists of images that `obj.data` names, else those called `train.txt` and the like."""
    path = data_dir / "obj.data"
    splits: dict[str, tuple[str, ...]] = {}
    if path.is_file():
        for line in read_text(path, path.name).splitlines():
            key, _, value = (part.strip() for part in line.partition("="))
            split = split_of_folder(key)
            if split is not None and value:
                splits[split] = (value,)
    for list_path in () if splits else sorted(data_dir.glob("*.txt")):
        split = split_of_folder(list_path.stem)
        if split is not None:
            splits[split] = (list_path.name,)
    return splits
