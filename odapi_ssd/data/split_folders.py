"""Folders that are named after a split, as in `train/ valid/ test/`."""

from collections.abc import Iterable, Mapping

from odapi_ssd.data.dataset import SplitEntry

__all__ = ["split_of_folder", "splits_by_folder"]

_SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
    "trainval": "trainval",
}


def split_of_folder(name: str) -> str | None:
    """The split that a folder is named after; None if it is another name.

    Letter case does not matter. Roboflow's `valid` and Keras's `validation` are the split `val`.
    """
    return _SPLITS.get(name.casefold())


def splits_by_folder(
    paths_of: Mapping[str, Iterable[str]],
) -> dict[str, tuple[SplitEntry, ...]]:
    """The splits of a dataset whose images, or annotations, are in folders of splits.

    Args:
        paths_of: by key, the paths of its files, with slashes, relative to the dataset's folder.
            The first that has a split's folder in it decides.

    Returns:
        The entries by split; empty unless there is `train` and another split, as a single folder
        divides nothing. Keys in no folder of a split are in none of them.
    """
    splits: dict[str, list[SplitEntry]] = {}
    for key, paths in paths_of.items():
        folders = (folder for path in paths for folder in path.split("/")[:-1])
        split = next(filter(None, map(split_of_folder, folders)), None)
        if split is not None:
            splits.setdefault(split, []).append(SplitEntry(key, key))
    if len(splits) < 2 or "train" not in splits:
        return {}
    return {name: tuple(entries) for name, entries in splits.items()}
