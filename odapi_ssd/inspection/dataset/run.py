"""Inspects a dataset: stops at none of its faults; writes page and report."""

from dataclasses import dataclass
from pathlib import Path

from odapi_ssd.data.formats import read_dataset
from odapi_ssd.errors import require_at_least
from odapi_ssd.inspection.dataset.findings import DatasetFindings
from odapi_ssd.inspection.dataset.gathering import DatasetInspection
from odapi_ssd.inspection.dataset.page import page_text
from odapi_ssd.inspection.dataset.report_json import report_text
from odapi_ssd.outputs.folder import OutputTarget
from odapi_ssd.progress import SILENT, Progress

__all__ = ["PAGE_FILE", "REPORT_FILE", "InspectionOptions", "inspect_dataset"]

PAGE_FILE, REPORT_FILE = "index.html", "report.json"


@dataclass(frozen=True)
class InspectionOptions:
    """Options of an inspection.

    Attributes:
        format: the dataset's format; None to recognize it.
        template: a template, or the path of a pipeline config, whose anchors are shown; None for
            none.
        num_workers: processes that check images; None for the cores available.
        overwrite: replace what is in the way also if no earlier inspection wrote it.

    Raises:
        OptionError: a number is out of range.
    """

    format: str | None = None
    template: str | None = None
    num_workers: int | None = None
    overwrite: bool = False

    def __post_init__(self) -> None:
        require_at_least("num_workers", self.num_workers, 1)


def inspect_dataset(
    data_dir: Path,
    output_dir: Path,
    options: InspectionOptions | None = None,
    progress: Progress = SILENT,
) -> DatasetFindings:
    """Inspects a folder; writes `index.html` and `report.json`.

    Args:
        data_dir: a dataset in one of the registered formats.
        output_dir: made if need be. On any failure it is left as it was.
        options: see there.
        progress: advances by each image.

    Returns:
        What was found. Faults of the dataset are among it, and not raised.

    Raises:
        OdapiError: there is no dataset that can be read at all, no such template, or files are in
            the way.
    """
    options = options or InspectionOptions()
    target = OutputTarget("output_dir", Path(output_dir), "inspect", options.overwrite)
    target.require_replaceable((PAGE_FILE, REPORT_FILE))
    anchors = None
    if options.template is not None:
        from odapi_ssd.inspection.dataset.template_anchors import TemplateAnchors

        anchors = TemplateAnchors(options.template)
    dataset = read_dataset(Path(data_dir), options.format)
    with target.opened(progress.warning) as outputs:
        inspection = DatasetInspection(dataset, options.num_workers, progress)
        inspection.check_images()
        matches = anchors.match(inspection.statistics) if anchors is not None else None
        findings = inspection.conclude(_title(Path(data_dir)), matches)
        page = page_text(findings).encode(errors="backslashreplace")
        (outputs.staging / PAGE_FILE).write_bytes(page)
        report = report_text(findings).encode(errors="backslashreplace")
        (outputs.staging / REPORT_FILE).write_bytes(report)
        outputs.publish()
    return findings


def _title(data_dir: Path) -> str:
    """The folder's name, without what leads to it: the page is for others, too."""
    return data_dir.resolve().name or str(data_dir)
