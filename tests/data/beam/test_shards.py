"""The work on one shard, called as a runner calls it."""

import pytest
from PIL import Image

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.data.beam.shards import ShardTask, convert_shard, read_outcomes, write_task
from odapi_ssd.data.beam.worker_paths import WorkerPaths
from odapi_ssd.data.examples import ExampleFault, ExampleOptions
from odapi_ssd.data.image_store import pack_image
from odapi_ssd.data.records import keys
from odapi_ssd.data.records.reader import read_examples


@pytest.fixture
def task(tmp_path):
    """Three images, of which the second is missing."""
    (tmp_path / "out" / "work").mkdir(parents=True)
    images = []
    for name in ("a.png", "gone.png", "c.png"):
        if name != "gone.png":
            Image.new("RGB", (40, 20)).save(tmp_path / name)
        objects = (AnnotatedObject(1, "dog", (0, 0, 10, 10)),)
        annotation = Annotation(f"{name}.xml", None, objects)
        images.append(pack_image(AnnotatedImage(name, tmp_path / name, annotation)))
    task = ShardTask(
        shard_idx=1,
        images=tuple(images),
        options=ExampleOptions(),
        label_map={"dog": 4},
        shard=str(tmp_path / "out" / "train.record-00001-of-00002"),
        work_dir=str(tmp_path / "out" / "work"),
        outcomes=str(tmp_path / "out" / "work" / "outcomes"),
        paths=WorkerPaths(),
    )
    write_task(task, tmp_path / "task")
    return task


def test_one_that_is_done_twice(task, tmp_path):
    for _ in range(2):
        convert_shard(str(tmp_path / "task"))
        records = list(read_examples(task.shard))
        assert [record.texts(keys.FILENAME) for record in records] == [["a.png"], ["c.png"]]
        assert [list(record.integers(keys.CLASS_LABEL)) for record in records] == [[4], [4]]
    first, second, third = read_outcomes(tmp_path / "out" / "work" / "outcomes")
    assert (first.payload, third.payload) == (1, 1)
    assert isinstance(second, ExampleFault)
    assert "gone.png" in second.message
    left = [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert sorted(left) == ["outcomes", "train.record-00001-of-00002"]
