"""Fills a converted dataset into a config: label map, records, classes, counts.

Of the dataset `dataset.json` is read, never a record. Needs no TensorFlow.
"""

from pathlib import Path
from typing import Any

from odapi_ssd.configure.draft import ConfigDraft
from odapi_ssd.data.summary import LABEL_MAP_FILE, DatasetSummary, SplitSummary
from odapi_ssd.errors import OdapiError

__all__ = ["fill_dataset"]

_EVAL_SPLITS = ("val", "test")


def fill_dataset(
    draft: ConfigDraft, records_dir: Path, train_split: str, eval_split: str | None
) -> None:
    """Sets the classes, the input readers and what depends on the number of examples.

    Args:
        draft: the config in the making; of several eval_input_readers the first is kept.
        records_dir: the output folder of `odapi-ssd convert`.
        train_split: the split to train on.
        eval_split: the split to evaluate on; None for val, else test.
    Raises:
        OdapiError: the folder holds no converted dataset, or a split is missing or empty.
    """
    folder = records_dir.resolve()
    dataset = DatasetSummary.load(records_dir)
    _require_folder(folder)
    train = _require_split(dataset, train_split, folder)
    eval_split = eval_split or _choose_eval_split(draft, dataset)
    evaluation = _require_split(dataset, eval_split, folder)
    if eval_split == train_split:
        draft.notes.append(f"Training and evaluation both use the split {eval_split!r}.")
    _fill_num_classes(draft, max(dataset.label_map.values()))
    _fill_training(draft, folder, train_split, train)
    _fill_evaluation(draft, folder, eval_split, evaluation)


def _require_folder(folder: Path) -> None:
    if any(character in str(folder) for character in "*?["):
        raise OdapiError(
            f"The path {folder} holds one of the characters * ? [, which the API takes for "
            "wildcards in paths of records.",
            hint="rename the folder.",
        )
    label_map = folder / LABEL_MAP_FILE
    if not label_map.is_file():
        raise OdapiError(f"There is no label map {label_map}.", hint="convert the dataset again.")


def _require_split(dataset: DatasetSummary, name: str, folder: Path) -> SplitSummary:
    split = dataset.splits.get(name)
    if split is None or not split.num_examples:
        what = "has no split" if split is None else "has no example in the split"
        raise OdapiError(
            f"The dataset in {folder} {what} {name!r}; it has {_listed(dataset)}.",
            hint="name others with --train_split and --eval_split, or convert with --splits.",
        )
    if not any(folder.glob(f"{name}.record-?????-of-?????")):
        raise OdapiError(
            f"{folder} holds no file {name}.record-?????-of-?????, though its dataset.json names "
            "that split.",
            hint="convert the dataset again.",
        )
    return split


def _choose_eval_split(draft: ConfigDraft, dataset: DatasetSummary) -> str:
    for name in _EVAL_SPLITS:
        if name in dataset.splits and dataset.splits[name].num_examples:
            if name != _EVAL_SPLITS[0]:
                draft.notes.append(
                    f"There is no split {_EVAL_SPLITS[0]!r}; {name!r} is evaluated on."
                )
            return name
    raise OdapiError(
        f"The dataset has no split {' or '.join(_EVAL_SPLITS)} to evaluate on; "
        f"it has {_listed(dataset)}.",
        hint="name one with --eval_split, or convert with --val_fraction.",
    )


def _listed(dataset: DatasetSummary) -> str:
    return ", ".join(dataset.splits) or "none at all"


def _fill_num_classes(draft: ConfigDraft, num_classes: int) -> None:
    kind = draft.config.model.WhichOneof("model")
    if kind is None:
        raise OdapiError("The template has no model.", hint="give a complete pipeline config.")
    model = getattr(draft.config.model, kind)
    if "num_classes" in model.DESCRIPTOR.fields_by_name:
        draft.set(f"model.{kind}.num_classes", num_classes)
    else:
        draft.notes.append(f"model.{kind} has no num_classes; it was left as it is.")


def _fill_training(draft: ConfigDraft, folder: Path, name: str, split: SplitSummary) -> None:
    reader, path = draft.config.train_input_reader, "train_input_reader"
    _fill_reader(draft, reader, path, folder, name, split)
    _fill_max_boxes(draft, draft.config.train_config, "train_config", split)
    if reader.shuffle_buffer_size > split.num_examples:
        draft.set(f"{path}.shuffle_buffer_size", split.num_examples)


def _fill_evaluation(draft: ConfigDraft, folder: Path, name: str, split: SplitSummary) -> None:
    readers, path = draft.config.eval_input_reader, "eval_input_reader[0]"
    if len(readers) > 1:
        draft.notes.append("Only the first eval_input_reader of the template was kept.")
        del readers[1:]
    if not readers:
        readers.add()
    _fill_reader(draft, readers[0], path, folder, name, split)
    draft.set(f"{path}.shuffle", "false")
    draft.set(f"{path}.num_epochs", 1)
    draft.set("eval_config.num_examples", split.num_examples)


def _fill_reader(
    draft: ConfigDraft, reader: Any, path: str, folder: Path, name: str, split: SplitSummary
) -> None:
    """Points an `InputReader`, which is at `path` in the config, to the records of a split."""
    draft.set(f"{path}.label_map_path", folder / LABEL_MAP_FILE)
    reader.ClearField("sample_from_datasets_weights")
    reader.tf_record_input_reader.ClearField("input_path")
    records = f"{folder}/{name}.record-?????-of-?????"
    draft.set(f"{path}.tf_record_input_reader.input_path[0]", records)
    _fill_max_boxes(draft, reader, path, split)


def _fill_max_boxes(draft: ConfigDraft, owner: Any, path: str, split: SplitSummary) -> None:
    """Makes room for all objects of any image; more room than they need is left."""
    if owner.max_number_of_boxes < split.max_objects_per_image:
        draft.set(f"{path}.max_number_of_boxes", split.max_objects_per_image)
