"""The program `python -m tools.try_templates`, with made-up trials."""

import json
import sys
from pathlib import Path

import pytest

from tools.model_cost import ModelCost
from tools.try_templates import __main__ as program
from tools.try_templates.trial import Data, Trial, TrialError


@pytest.fixture
def try_made_up(monkeypatch, tmp_path):
    """Runs the program on ssd_vgg_voc and a Faster R-CNN: its exit status and rows."""

    def run(*, num_parameters: int, failure: str = "") -> tuple[int, list[dict[str, str]]]:
        def try_template(name, data, folder, *, batch_size, num_steps):
            if failure:
                raise TrialError(failure)
            return Trial(batch_size, 0.123, 2.5 * num_steps, 1.86, {})

        def count_cost(path):
            # The headers say 8,732 and 26,285,486; 9 per cell and 28,461,787.
            if path.stem == "ssd_vgg_voc":
                return ModelCost(num_parameters, 62_700_000_000, 8732, (300, 300))
            return ModelCost(28_461_787, 222_000_000_000, 9, (600, 800))

        data = Data(Path("records"), Path("image.jpg"))
        monkeypatch.setattr(program, "draw_data", lambda folder: data)
        monkeypatch.setattr(program, "count_cost", count_cost)
        monkeypatch.setattr(program, "try_template", try_template)
        results = tmp_path / "results.json"
        names = ["ssd_vgg_voc", "faster_rcnn_resnet50_voc"]
        monkeypatch.setattr(sys, "argv", ["x", *names, "--quick", "--json", str(results)])
        with pytest.raises(SystemExit) as exit_:
            program.main()
        return exit_.value.code, json.loads(results.read_text())["rows"]

    return run


def test_a_row_has_costs_and_times(try_made_up):
    status, (vgg, faster_rcnn) = try_made_up(num_parameters=26_285_486)
    assert status == 0
    del vgg["date"]
    assert vgg == {
        "template": "`ssd_vgg_voc`", "input": "300x300", "anchors": "8,732",
        "parameters": "26,285,486", "GFLOPs": "62.7", "batch": "2", "step s": "0.12",
        "processor s": "5", "memory GB": "1.9", "outcome": "all done",
    }  # fmt: skip
    # Its images differ in size.
    assert (faster_rcnn["batch"], faster_rcnn["input"]) == ("1", "600x800")


def test_a_header_with_another_figure_is_reported(try_made_up):
    status, (vgg, faster_rcnn) = try_made_up(num_parameters=26_285_487)
    assert status == 1
    assert vgg["outcome"] == "the header says 26,285,486 parameters"
    assert faster_rcnn["outcome"] == "all done"


def test_a_failed_stage_is_the_outcome(try_made_up):
    status, rows = try_made_up(num_parameters=26_285_486, failure="train: Error: a | b")
    assert status == 1
    assert [row["outcome"] for row in rows] == ["train: Error: a / b"] * 2
    assert [row["step s"] for row in rows] == ["–", "–"]
