from pathlib import Path

import pytest

from odapi_ssd.data.beam.worker_paths import WorkerPaths
from odapi_ssd.errors import OptionError

PATHS = WorkerPaths.parse(["/mnt/data=gs://bucket/", "/mnt/data/fast=/scratch"])


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("/mnt/data/voc/a b.jpg", "gs://bucket/voc/a b.jpg"),
        ("/mnt/data", "gs://bucket"),
        ("/mnt/data/fast/a.jpg", "/scratch/a.jpg"),
        ("/mnt/database/a.jpg", "/mnt/database/a.jpg"),
        ("/home/a.jpg", "/home/a.jpg"),
    ],
)
def test_the_most_specific_pair_decides(here, there):
    assert PATHS.seen_by_workers(Path(here)) == there


def test_relative_paths_are_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = WorkerPaths.parse(["data=/shared"])
    assert paths.seen_by_workers(Path("data/a.jpg")) == "/shared/a.jpg"
    assert paths.seen_by_workers(Path("b.jpg")) == str(tmp_path / "b.jpg")


@pytest.mark.parametrize("value", ["/mnt/data", "=gs://bucket", "/mnt/data=", "/mnt/data=/"])
def test_a_side_that_is_missing(value):
    with pytest.raises(OptionError, match="worker_path"):
        WorkerPaths.parse([value])
