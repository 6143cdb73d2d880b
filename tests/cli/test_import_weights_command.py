"""`odapi-ssd import-weights` as a process: its statuses and what it prints."""

import subprocess
import sys

import pytest


def _run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "odapi_ssd", "import-weights", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--from keras", "--backbone is needed with --from keras"),
        ("--from tutorial", "--weights is needed with --from tutorial"),
        (
            "--from slim --weights w --backbone vgg16",
            "--backbone has no meaning with --from slim",
        ),
        ("--from caffe", "'caffe' is not one of"),
        ("--from keras --backbone alexnet", "'alexnet' is not one of"),
    ],
)
def test_a_wrong_call_is_2(arguments, message):
    completed = _run(*arguments.split(), "--output_dir", "out")
    assert completed.returncode == 2
    assert message in completed.stderr


@pytest.mark.tf
@pytest.mark.slow
def test_what_it_prints(tmp_path, api):
    import tensorflow as tf

    path, folder = tmp_path / "weights.h5", tmp_path / "imported"
    network = tf.keras.applications.MobileNet(
        input_shape=(224, 224, 3), include_top=False, weights=None
    )
    network.save_weights(path)
    call = ("--from", "keras", "--backbone", "mobilenet_v1", "--weights")
    completed = _run(*call, path, "--output_dir", folder)
    assert completed.returncode == 0, completed.stderr
    *_, title, columns, row, left, written = completed.stdout.splitlines()
    assert title == "Imported"
    assert columns.split() == ["from", "to", "shapes"]
    # of Keras's 54 layers with weights, those up to conv_pw_11
    assert row.split() == ["46", "layers", "the", "same", "names", "1,627,840", "numbers"]
    assert left.startswith("Left: 20 arrays: conv_dw_12/depthwise_kernel:0, ")
    assert written == f"Written: {folder / 'checkpoint' / 'ckpt-0'}"

    path.write_bytes(b"no weights")
    completed = _run(*call, path, "--output_dir", tmp_path / "again")
    assert completed.returncode == 1
    assert completed.stderr.startswith(f"Error: {path} cannot be read as HDF5")
    assert "Traceback" not in completed.stderr
    assert not (tmp_path / "again").exists()
