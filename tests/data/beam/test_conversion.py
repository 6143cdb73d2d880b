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
from odapi_ssd.data.image_store import pack_image, unpack_image
from odapi_ssd.data.label_map import make_label_map
from odapi_ssd.data.splits import plan_splits
from odapi_ssd.data.synthetic.shapes import write_shapes
from odapi_ssd.errors import OdapiError

SAME_PATHS = WorkerPaths()


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    """A dataset, and what a conversion on this machine writes, two shards a split."""
    root = tmp_path_factory.mktemp("shapes")
    write_shapes(root / "data", num_images=30)
    convert_dataset(root / "data", root / "local", ConversionOptions(num_shards=2, num_workers=1))
    return root


def convert(shapes, staging, *, num_workers=1, paths=SAME_PATHS, packed_image=None, checks=False):
    dataset = read_dataset(shapes / "data")
    conversion = BeamConversion(
        staging,
        packed_image or dataset.packed_image,
        None if checks else make_label_map(dataset.class_names()),
        ExampleOptions(),
        RunnerOptions("DirectRunner", num_workers),
        paths,
    )
    splits = plan_splits(dataset).splits
    reported = conversion.run(splits, dict.fromkeys(splits, 2))
    keys = [key for split in splits.values() for key in split]
    return dict(zip(keys, reported, strict=True))


@pytest.mark.parametrize("num_workers", [1, 2])
def test_the_files_of_a_conversion_on_this_machine(shapes, tmp_path, num_workers):
    reported = convert(shapes, tmp_path, num_workers=num_workers)
    assert all(one.facts.filename == f"{key}.jpg" for key, one in reported.items())
    assert {one.payload for one in reported.values()} == {0, 1}
    expected = sorted((shapes / "local").glob("*.record-*"))
    assert sorted(path.name for path in tmp_path.iterdir()) == [path.name for path in expected]
    for path in expected:
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_faults_are_reported_with_the_others_checked(shapes, tmp_path):
    images = read_dataset(shapes / "data").images
    gone = next(iter(images))

    def packed_image(key):
        path = tmp_path / "gone.png" if key == gone else images[key].path
        return pack_image(dataclasses.replace(images[key], path=path))

    reported = convert(shapes, tmp_path, packed_image=packed_image, checks=True)
    faults = {key: one for key, one in reported.items() if isinstance(one, ExampleFault)}
    assert list(faults) == [gone]
    assert "gone.png" in faults[gone].message
    assert unpack_image(packed_image(gone)).path.name == "gone.png"
    assert list(tmp_path.iterdir()) == []


def test_workers_that_see_the_folders_elsewhere(shapes, tmp_path):
    there = tmp_path / "there"
    shutil.copytree(shapes / "data", there / "data")
    (there / "out").mkdir()
    (tmp_path / "out").symlink_to(there / "out")
    pairs = [f"{shapes / 'data'}={there / 'data'}", f"{tmp_path / 'out'}={there / 'out'}"]
    convert(shapes, tmp_path / "out", paths=WorkerPaths.parse(pairs))
    for path in (shapes / "local").glob("*.record-*"):
        assert (there / "out" / path.name).read_bytes() == path.read_bytes()


def test_a_failed_pipeline_leaves_no_work_folder(shapes, tmp_path):
    paths = WorkerPaths.parse([f"{tmp_path}={tmp_path / 'nowhere'}"])
    with pytest.raises(OdapiError, match="The pipeline failed on DirectRunner"):
        convert(shapes, tmp_path, paths=paths)
    assert list(tmp_path.iterdir()) == []
