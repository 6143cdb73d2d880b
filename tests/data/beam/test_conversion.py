import dataclasses
import shutil

import pytest

from odapi_ssd.data.beam.conversion import BeamConversion
from odapi_ssd.data.beam.pipeline import RunnerOptions
from odapi_ssd.data.beam.worker_paths import WorkerPaths
from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.examples import ExampleFault, ExampleOptions
from odapi_ssd.data.formats import read_dataset
from odapi_ssd.data.label_map import make_label_map
from odapi_ssd.data.splits import plan_splits
from odapi_ssd.data.synthetic.shapes import write_shapes
from odapi_ssd.errors import OdapiError


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    """A dataset, its images by split, and what a local conversion writes."""
    root = tmp_path_factory.mktemp("shapes")
    write_shapes(root / "data", num_images=30)
    dataset = read_dataset(root / "data")
    plan = plan_splits(dataset)
    splits = {split: [dataset.images[key] for key in keys] for split, keys in plan.splits.items()}
    convert_dataset(root / "data", root / "local", ConversionOptions(num_shards=2, num_workers=1))
    return root, splits, make_label_map(dataset.class_names())


def convert(shapes, staging, *, num_workers=1, paths=WorkerPaths(), writes=True, **changes):
    _, splits, label_map = shapes
    conversion = BeamConversion(
        staging,
        label_map,
        ExampleOptions(),
        RunnerOptions("DirectRunner", num_workers),
        paths,
    )
    splits = {**splits, **changes}
    return list(conversion.run(splits, dict.fromkeys(splits, 2), writes=writes))


@pytest.mark.parametrize("num_workers", [1, 2])
def test_the_files_of_a_local_conversion(shapes, tmp_path, num_workers):
    root, splits, _ = shapes
    outcomes = convert(shapes, tmp_path, num_workers=num_workers)
    assert [(split, facts.filename) for split, facts in outcomes] == [
        (split, one.record_name) for split, images in splits.items() for one in images
    ]
    expected = sorted((root / "local").glob("*.record-*"))
    assert sorted(path.name for path in tmp_path.iterdir()) == [path.name for path in expected]
    for path in expected:
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_faults_are_reported_with_the_others_checked(shapes, tmp_path):
    _, splits, _ = shapes
    bad = dataclasses.replace(splits["val"][0], path=tmp_path / "gone.png")
    outcomes = convert(shapes, tmp_path, val=[bad, splits["val"][1]], writes=False)
    faults = [found.message for _, found in outcomes if isinstance(found, ExampleFault)]
    assert len(faults) == 1
    assert "gone.png" in faults[0]
    assert list(tmp_path.iterdir()) == []


def test_workers_that_see_the_folders_elsewhere(shapes, tmp_path):
    root, _, _ = shapes
    shutil.copytree(root / "data", tmp_path / "there" / "data")
    (tmp_path / "there" / "out").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "there" / "out")
    paths = WorkerPaths.parse([
        f"{root / 'data'}={tmp_path / 'there' / 'data'}",
        f"{tmp_path / 'out'}={tmp_path / 'there' / 'out'}",
    ])  # fmt: skip
    convert(shapes, tmp_path / "out", paths=paths)
    for path in (root / "local").glob("*.record-*"):
        assert (tmp_path / "there" / "out" / path.name).read_bytes() == path.read_bytes()


def test_a_failed_pipeline_leaves_no_work_folder(shapes, tmp_path):
    paths = WorkerPaths.parse([f"{tmp_path}={tmp_path / 'nowhere'}"])
    with pytest.raises(OdapiError, match="The pipeline failed on DirectRunner"):
        convert(shapes, tmp_path, paths=paths)
    assert list(tmp_path.iterdir()) == []
