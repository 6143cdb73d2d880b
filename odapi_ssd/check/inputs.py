"""Checks an input reader of a config: label map, record files and their contents."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from odapi_ssd.check.findings import Findings
from odapi_ssd.check.label_map import LabelMap, check_label_map
from odapi_ssd.check.numbers import check_numbers
from odapi_ssd.check.records import check_contents
from odapi_ssd.check.tensorflow_images import describe_refusal
from odapi_ssd.config.input_paths import match_input_path, open_record_file
from odapi_ssd.config.paths import CONFIGURE_REMEDY, is_placeholder, is_remote, relative_path_remedy
from odapi_ssd.data.records.contents import RecordContents, read_contents
from odapi_ssd.data.records.counts import count_records
from odapi_ssd.data.records.framing import UnreadableRecordsError
from odapi_ssd.data.records.shards import shard_counts
from odapi_ssd.messages import count_of, list_some

__all__ = ["InputFacts", "check_input_reader"]

_MAX_BYTES_READ = 128 * 1024 * 1024  # about a second
_MAX_BYTES_DECODED = 24 * 1024 * 1024  # of JPEG, about a second more


@dataclass
class InputFacts:
    """The data of one input reader, as far as a check has found them.

    Attributes:
        label_map: None if there is none or it cannot be read.
        files: the record files.
        num_examples: records in all files; None if unknown.
        num_bytes: size of all files; 0 if num_examples is unknown.
        contents: of the records read; None if none could be read.
    """

    label_map: LabelMap | None = None
    files: list[str] = field(default_factory=list)
    num_examples: int | None = None
    num_bytes: int = 0
    contents: RecordContents | None = None


def check_input_reader(
    reader: Any, path: str, purpose: str, num_classes: int | None, findings: Findings
) -> InputFacts:
    """Checks one `InputReader`.

    Args:
        reader: an `input_reader_pb2.InputReader`.
        path: its path in the config, for messages.
        purpose: "training" or "evaluation", for the names of the facts.
        num_classes: of the model; None if that is unknown.
        findings: collects problems, warnings and facts.
    """
    check_numbers(reader, path, findings)
    facts = _check_data(reader, path, num_classes, findings)
    _add_facts(facts, purpose, findings)
    return facts


def _check_data(reader: Any, path: str, num_classes: int | None, findings: Findings) -> InputFacts:
    facts = InputFacts()
    facts.label_map = check_label_map(reader, path, num_classes, findings)
    if reader.WhichOneof("input_reader") != "tf_record_input_reader":
        findings.problem(
            f"{path}.tf_record_input_reader",
            "is not set, and the API reads no other kind of input in TensorFlow 2",
            f"set {path}.tf_record_input_reader.input_path; {CONFIGURE_REMEDY}",
        )
        return facts
    input_path = f"{path}.tf_record_input_reader.input_path"
    patterns = list(reader.tf_record_input_reader.input_path)
    if not patterns:
        findings.problem(input_path, "is empty", CONFIGURE_REMEDY)
    for pattern in patterns:
        facts.files += _check_pattern(pattern, input_path, findings)
    if facts.files:
        counts = _count_all(facts.files, input_path, findings)
        _read_sample(counts, facts, input_path, findings)
    if facts.contents is not None:
        check_contents(facts.contents, facts.label_map, reader, path, num_classes, findings)
    return facts


def _add_facts(inputs: InputFacts, purpose: str, findings: Findings) -> None:
    if inputs.num_examples is None:
        findings.fact(f"{purpose} examples", "unknown")
        return
    shown = f"{inputs.num_examples:,} in {count_of(len(inputs.files), 'file')}"
    contents = inputs.contents
    if contents is not None and contents.num_read < inputs.num_examples:
        shown += f", {contents.num_read:,} of them read"
    if contents is not None and contents.num_decoded < contents.num_read:
        shown += f", {count_of(contents.num_decoded, 'image')} decoded"
    findings.fact(f"{purpose} examples", shown)
    if contents is not None:
        findings.fact(f"{purpose} objects", f"{contents.num_objects:,}")


def _check_pattern(pattern: str, field_path: str, findings: Findings) -> list[str]:
    if is_placeholder(pattern):
        findings.problem(field_path, f"is still {pattern!r}", CONFIGURE_REMEDY)
        return []
    matched = match_input_path(pattern)
    if not matched.paths and not matched.folders:
        findings.problem(field_path, f"{pattern} matches no file", relative_path_remedy())
        return []
    if matched.folders:
        findings.problem(
            field_path, f"{list_some(matched.folders)} is a folder", "name the record files in it"
        )
    missing = matched.missing_shards
    if missing:
        findings.problem(
            field_path,
            f"{count_of(len(missing), 'shard is', 'shards are')} absent: {list_some(missing)}",
            "copy or convert the dataset again",
        )
    for name, totals in shard_counts(matched.paths).items():
        if len(totals) > 1:
            listed = " and ".join(f"-of-{total:05d}" for total in totals)
            findings.warning(
                field_path,
                f"{pattern} matches shards of different sets of {name} ({listed}), probably of "
                "two conversions; all of them would be read",
                "remove those that are out of date",
            )
    return list(matched.paths)


def _count_all(files: Sequence[str], field_path: str, findings: Findings) -> dict[str, int | None]:
    """Number of records by file, damaged files left out; None for remote ones, not counted."""
    counts: dict[str, int | None] = {}
    for file in files:
        try:
            counts[file] = None if is_remote(file) else count_records(file)
        except UnreadableRecordsError as error:
            findings.problem(field_path, error.problem, error.hint or "")
    if counts and all(count == 0 for count in counts.values()):
        findings.problem(
            field_path, f"no record in {list_some(list(counts))}", "convert the dataset again"
        )
    return counts


def _read_sample(
    counts: dict[str, int | None], facts: InputFacts, field_path: str, findings: Findings
) -> None:
    """Reads all records, or the first ones of each file if the dataset is large."""
    local_bytes = sum(
        Path(file).stat().st_size for file, count in counts.items() if count is not None
    )
    if len(counts) == len(facts.files) and None not in counts.values():
        facts.num_examples = sum(count or 0 for count in counts.values())
        facts.num_bytes = local_bytes
    share = min(1.0, _MAX_BYTES_READ / local_bytes) if local_bytes else 0.0
    limits = [
        (file, 20 if count is None else max(1, int(count * share)))
        for file, count in counts.items()
        if count != 0
    ]
    if not limits:
        return
    try:
        facts.contents = read_contents(
            limits,
            open_record_file,
            describe_refusal,
            share_decoded=min(1.0, _MAX_BYTES_DECODED / max(1.0, share * local_bytes)),
        )
    except UnreadableRecordsError as error:
        findings.problem(field_path, error.problem, error.hint or "")
