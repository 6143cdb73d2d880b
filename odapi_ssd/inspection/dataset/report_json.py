"""`report.json`: the figures and problems of the page, for programs. Its schema is in docs/data.md.

All numbers are finite; what does not exist, such as the median of no boxes, is null.
"""

from collections import Counter
from dataclasses import asdict
from typing import Any

import numpy as np

from odapi_ssd.inspection.anchors.recall import SIZE_CLASSES, size_class_idx
from odapi_ssd.inspection.dataset.findings import DatasetFindings
from odapi_ssd.inspection.dataset.problems import ProblemGroup
from odapi_ssd.inspection.dataset.statistics import SplitStatistics, quantiles
from odapi_ssd.inspection.json_text import json_text

__all__ = ["SCHEMA_VERSION", "report_text"]

SCHEMA_VERSION = 1
_MAX_IMAGE_SIZES = 1000
_NUM_DECIMALS = 6


def report_text(findings: DatasetFindings) -> str:
    """The content of the file."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "dataset": findings.title,
        "are_splits_defined": findings.are_splits_defined,
        "total": _figures(findings.statistics.total),
        "splits": {name: _figures(split) for name, split in findings.statistics.splits.items()},
        "classes": _classes(findings),
        "boxes": _boxes(findings),
        "image_sizes": _image_sizes(findings.statistics.image_sizes),
        "template": _template(findings),
        "problems": [_problems(group) for group in findings.problems],
        "contact_sheet": {
            split: [one.key for one in images] for split, images in findings.contact_sheet.items()
        },
    }
    return json_text(content, _NUM_DECIMALS)


def _figures(split: SplitStatistics) -> dict[str, Any]:
    per_image = split.num_objects_per_image
    return {
        "num_images": split.num_images,
        "num_images_without_objects": split.num_empty,
        "num_unusable_images": split.num_unusable,
        "num_objects": split.num_objects,
        "objects_per_image": quantiles(per_image),
        "num_images_by_num_objects": {
            str(num): count for num, count in sorted(Counter(per_image).items())
        },
    }


def _classes(findings: DatasetFindings) -> dict[str, Any]:
    statistics = findings.statistics
    total = statistics.total
    return {
        name: {
            "num_objects": total.num_objects_per_class[name],
            "num_images": total.num_images_per_class[name],
            "num_objects_per_split": {
                split: figures.num_objects_per_class[name]
                for split, figures in statistics.splits.items()
            },
        }
        for name in sorted(findings.class_names)
    }


def _boxes(findings: DatasetFindings) -> dict[str, Any]:
    statistics = findings.statistics
    sizes_hw, boxes = statistics.sizes_hw_px(), statistics.boxes_yxyx
    sides = boxes[:, 2:] - boxes[:, :2]
    corners = np.concatenate([np.zeros_like(sizes_hw), sizes_hw], axis=1)
    by_size = np.bincount(size_class_idx(corners), minlength=len(SIZE_CLASSES))
    return {
        "width_px": quantiles(sizes_hw[:, 1]),
        "height_px": quantiles(sizes_hw[:, 0]),
        "width_by_height": quantiles(sizes_hw[:, 1] / sizes_hw[:, 0]),
        "share_of_image_area": quantiles(sides.prod(axis=1)),
        "num_by_size": {
            name: int(count) for (name, _), count in zip(SIZE_CLASSES, by_size, strict=True)
        },
    }


def _image_sizes(sizes: Counter[tuple[int, int]]) -> list[dict[str, int]]:
    ordered = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    return [
        {"width": width, "height": height, "num_images": count}
        for (height, width), count in ordered[:_MAX_IMAGE_SIZES]
    ]


def _template(findings: DatasetFindings) -> dict[str, Any] | None:
    matches = findings.matches
    if matches is None:
        return None
    return {
        "name": matches.template,
        "input_hw": matches.input_hw,
        "matched_threshold": matches.threshold,
        "num_anchors": matches.spec.num_anchors,
        "num_matched": int(matches.is_matched.sum()),
        "num_too_small": int(matches.is_too_small.sum()),
        "by_size": [asdict(row) for row in matches.by_size],
    }


def _problems(group: ProblemGroup) -> dict[str, Any]:
    return {
        "kind": group.kind.name,
        "severity": group.kind.severity,
        "title": group.kind.title,
        "num": group.num,
        "listed": [
            {
                "text": problem.text,
                "images": [
                    {"key": key, "objects": list(numbers)} for key, numbers in problem.views.items()
                ],
            }
            for problem in group.listed
        ],
    }
