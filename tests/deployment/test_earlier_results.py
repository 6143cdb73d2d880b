"""Earlier results in a folder: only what is unchanged counts, whatever the lists hold."""

import json

import pytest

from odapi_ssd.deployment.earlier_results import EarlierResults
from tests.support.atomic_job import write_earlier


def _load(folder, text):
    write_earlier(folder, "detect", {"a.jpg": "drawn", "b.jpg": "drawn", "detections.json": text})
    return EarlierResults.load(folder)


def test_an_empty_or_missing_folder_has_none(tmp_path):
    nothing = EarlierResults((), (), ())
    assert EarlierResults.load(tmp_path) == EarlierResults.load(tmp_path / "none") == nothing


def test_entries_are_those_of_drawn_images_that_are_there(tmp_path):
    entries = [{"image": f"in/{name}", "picture": name} for name in ("a.jpg", "b.jpg", "gone.jpg")]
    assert _load(tmp_path / "out", json.dumps(entries)) == EarlierResults(
        ("a.jpg", "b.jpg"), ("detections.json",), tuple(entries[:2])
    )
    (tmp_path / "out" / "b.jpg").write_text("edited")
    assert EarlierResults.load(tmp_path / "out").entries == tuple(entries[:1])
    (tmp_path / "out" / "detections.json").write_text("edited")
    assert EarlierResults.load(tmp_path / "out") == EarlierResults(("a.jpg",), (), ())


@pytest.mark.parametrize("text", ["", "[[", "{}", "3", '[3, {}, {"picture": "a.jpg"}]', "[" * 9999])
def test_a_list_of_another_form_has_no_entries(tmp_path, text):
    earlier = _load(tmp_path / "out", text)
    assert earlier == EarlierResults(("a.jpg", "b.jpg"), ("detections.json",), ())
