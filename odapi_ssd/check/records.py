"""Checks the contents of a reader's records against the label map and the model."""

from typing import Any

from odapi_ssd.check.findings import Findings
from odapi_ssd.check.label_map import LabelMap
from odapi_ssd.config.field_names import suggest
from odapi_ssd.data.records.contents import RecordContents
from odapi_ssd.messages import count_of, list_some

__all__ = ["check_contents"]


def check_contents(
    contents: RecordContents,
    label_map: LabelMap | None,
    reader: Any,
    path: str,
    num_classes: int | None,
    findings: Findings,
) -> None:
    """Checks the contents of one `InputReader`'s records.

    Args:
        contents: of the records read.
        label_map: the reader's; None if there is none.
        reader: an `input_reader_pb2.InputReader`.
        path: its path in the config, for messages.
        num_classes: of the model; None if that is unknown.
        findings: collects problems, warnings and facts.
    """
    input_path = f"{path}.tf_record_input_reader.input_path"
    if contents.broken:
        findings.problem(
            input_path,
            f"{count_of(len(contents.broken), 'record')} cannot be used: "
            f"{list_some(contents.broken)}",
            "make them with `odapi-ssd convert`, or with the keys of the API's own converters",
        )
    if contents.num_read and not contents.num_objects and not contents.broken:
        findings.problem(input_path, "no record has an object", "check the annotations")
    _check_boxes(contents, reader, path, findings)
    _check_masks(contents, reader, path, findings)
    _check_texts(contents, label_map, path, findings)
    wrong_ids = sorted(
        class_id
        for class_id in contents.bare_ids
        if class_id < 1 or (num_classes is not None and class_id > num_classes)
    )
    if wrong_ids:
        findings.problem(
            input_path,
            f"the records hold class ids {list_some(wrong_ids)}, expected 1 to {num_classes}",
            "set num_classes, or convert the dataset with this label map",
        )


def _check_boxes(contents: RecordContents, reader: Any, path: str, findings: Findings) -> None:
    input_path = f"{path}.tf_record_input_reader.input_path"
    if contents.outside:
        findings.problem(
            input_path,
            f"{count_of(len(contents.outside), 'box lies', 'boxes lie')} outside 0..1: "
            f"{list_some(contents.outside)}",
            "coordinates must be divided by the image's height and width, and clipped",
        )
    if contents.flat:
        findings.warning(
            input_path,
            f"{count_of(contents.flat, 'box has', 'boxes have')} zero area",
            "the model learns nothing from such boxes",
        )
    if contents.max_objects > reader.max_number_of_boxes:
        findings.warning(
            f"{path}.max_number_of_boxes",
            f"is {reader.max_number_of_boxes}, but an image has {contents.max_objects} objects; "
            "the API silently drops the others",
            f"set it to {contents.max_objects} or more",
        )


def _check_masks(contents: RecordContents, reader: Any, path: str, findings: Findings) -> None:
    """Checks that records have the masks that the reader is asked for."""
    if not reader.load_instance_masks:
        return
    num_without = contents.mask_forms[""]
    if num_without:
        findings.problem(
            f"{path}.tf_record_input_reader.input_path",
            f"{num_without:,} of {count_of(contents.mask_forms.total(), 'record')} with objects "
            "have no mask for each of them, which load_instance_masks asks for",
            "convert a dataset that has masks with --include_masks",
        )
    type_names = type(reader).DESCRIPTOR.fields_by_name["mask_type"].enum_type.values_by_number
    mask_type = type_names[reader.mask_type].name
    wanted = "png" if mask_type == "PNG_MASKS" else "numerical"
    num_others = sum(contents.mask_forms[form] for form in ("png", "numerical") if form != wanted)
    if num_others:
        other = "NUMERICAL_MASKS" if wanted == "png" else "PNG_MASKS"
        findings.problem(
            f"{path}.mask_type",
            f"is {mask_type}, but {count_of(num_others, 'record has', 'records have')} masks of "
            "the other form",
            f"set it to {other}",
        )


def _check_texts(
    contents: RecordContents, label_map: LabelMap | None, path: str, findings: Findings
) -> None:
    if label_map is None:
        return
    unknown = [text for text in sorted(contents.texts) if text not in label_map.id_by_text]
    if unknown:
        first = suggest(unknown[0], label_map.id_by_text)
        findings.problem(
            f"{path}.label_map_path",
            "the records hold classes that are not in the label map: "
            f"{list_some([repr(text) for text in unknown])}; the API would give "
            "these objects no class",
            f"for {unknown[0]!r}, {first}; use the label map that the dataset was converted with",
        )
    moved = [
        f"{text!r} {', '.join(map(str, sorted(ids)))} instead of {label_map.id_by_text[text]}"
        for text, ids in sorted(contents.ids_by_text.items())
        if text in label_map.id_by_text and ids != {label_map.id_by_text[text]}
    ]
    if moved:
        findings.warning(
            f"{path}.label_map_path",
            f"the records give other ids than the label map: {list_some(moved)}; the API goes by "
            "the class's text",
            "use the label map that the dataset was converted with",
        )
