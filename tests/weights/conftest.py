"""Fixtures of the tests of imports."""

from pathlib import Path

import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.weights import ssd300
from odapi_ssd.weights.detector_source import detector_rules


@pytest.fixture
def import_into(tmp_path):
    """Imports into a folder of its own; options by name."""
    from odapi_ssd.weights.run import ImportOptions, import_weights

    def run(source, weights, **options):
        folder = options.pop("output_dir", tmp_path / "imported")
        weights = None if weights is None else str(weights)
        return import_weights(ImportOptions(source, Path(folder), weights, **options))

    return run


@pytest.fixture
def restore_as_api(api):
    """Restores a checkpoint into a model through the API's own code."""

    def restore(model, checkpoint, kind):
        import tensorflow as tf
        from object_detection import model_lib_v2
        from object_detection.protos import train_pb2

        model.predict(*model.preprocess(tf.zeros((1, 300, 300, 3))))
        model_lib_v2.load_fine_tune_checkpoint(
            model, checkpoint, kind, train_pb2.CheckpointVersion.V2,
            run_model_on_dummy_input=False, input_dataset=None, unpad_groundtruth_tensors=False,
        )  # fmt: skip
        return model

    return restore


@pytest.fixture
def state_dict(tmp_path):
    """Writes a source's state dict with random weights; `changes` by name, None leaves one out."""
    torch = pytest.importorskip("torch")

    def write(source, num_classes=20, **changes):
        orders = [range(boxes) for boxes in ssd300.BOXES_PER_CELL]
        generator = torch.Generator().manual_seed(1)
        tensors = {
            rule.source: 0.01 * torch.randn(rule.shape, generator=generator)
            for rule in detector_rules(source, {}, num_classes, orders)
        }
        tensors.update(changes)
        path = tmp_path / "weights.pth"
        torch.save({name: value for name, value in tensors.items() if value is not None}, path)
        return path

    return write


@pytest.fixture
def refused(import_into, tmp_path):
    """Imports, expects a refusal that leaves the folder as it was, and returns the error."""

    def run(*args, **options):
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(OdapiError) as caught:
            import_into(*args, **options)
        assert sorted(tmp_path.rglob("*")) == before
        return caught.value

    return run
