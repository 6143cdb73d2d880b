import pytest

from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.examples import ExampleFault
from odapi_ssd.data.formats import read_dataset
from odapi_ssd.data.parallel_preparation import prepare_images
from odapi_ssd.data.splits import plan_splits
from odapi_ssd.data.workers import WorkerPool
from tests.support.recorded_progress import RecordedProgress


@pytest.mark.parametrize("num_workers", [1, 2])
def test_images_come_in_the_order_of_the_plan_and_progress_counts_them(voc_dir, num_workers):
    stems = [f"{number:02}" for number in range(20)]
    for stem in stems:
        voc_dir.add(stem)
    (voc_dir.images / "07.jpg").write_bytes(b"")
    (voc_dir.images / "08.jpg").unlink()
    voc_dir.add_splits(train=stems[::-1][:15], val=stems[:5])
    dataset = read_dataset(voc_dir.root)
    plan, progress = plan_splits(dataset), RecordedProgress()
    options = ConversionOptions(num_workers=num_workers)
    with WorkerPool(num_workers) as pool:
        prepared = list(prepare_images(dataset, plan, options, progress, pool, None))
    names = [one.file if isinstance(one, ExampleFault) else one.facts.filename for one in prepared]
    usable = [stem for stem in (*stems[::-1][:15], *stems[:5]) if stem != "08"]
    expected = [f"{stem}.jpg" if stem != "07" else "Annotations/07.xml" for stem in usable]
    assert names == expected
    assert progress.counts == [(number, 19) for number in range(1, 20)]
