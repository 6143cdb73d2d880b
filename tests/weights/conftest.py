"""What the tests of imports share."""

from pathlib import Path

import pytest


@pytest.fixture
def import_into(tmp_path):
    """Imports into a folder of its own, which it gives; options by name."""
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
