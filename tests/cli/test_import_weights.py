"""`odapi-ssd import-weights`: wrong calls, and what it prints."""

from pathlib import Path

import pytest

from odapi_ssd.cli import import_weights
from odapi_ssd.weights.outcome import Imported
from odapi_ssd.weights.sources.keras import NETWORKS
from tests.support.command_line import heavy_imports, run_odapi_ssd


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
        # Keras has none.
        ("--from keras --backbone inception_v4", "'inception_v4' is not one of"),
    ],
)
def test_a_wrong_call_is_2(invoke, arguments, message):
    completed = invoke("import-weights", *arguments.split(), "--output_dir", "out")
    assert completed.exit_code == 2
    assert message in completed.stderr


def test_help_offers_every_network_without_importing_anything_heavy():
    program = (
        "import click.testing\n"
        "from odapi_ssd.cli.import_weights import command\n"
        "print(click.testing.CliRunner().invoke(command, ['--help']).output)"
    )
    heavy, output = heavy_imports(program)
    assert heavy == []
    assert f"--backbone[{'|'.join(NETWORKS)}]" in "".join(output.split())


class TestNext:
    def test_of_a_network(self):
        imported = Imported([], [], [], "a b/checkpoint/ckpt-0")
        assert import_weights._next_command(imported, None) == (
            "odapi-ssd configure --mode all-layers --fine_tune_checkpoint 'a b/checkpoint/ckpt-0' "
            "--template … --records_dir … --output_path …"
        )
        assert " --template my.config --rec" in import_weights._next_command(imported, "my.config")

    def test_of_a_detector(self):
        imported = Imported([], [], [], "out/checkpoint/ckpt-0", Path("out/pipeline.config"))
        assert import_weights._next_command(imported, "my.config") == (
            "odapi-ssd export --pipeline_config_path out/pipeline.config "
            "--trained_checkpoint_dir out/checkpoint --output_directory out/exported"
        )


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
    completed = run_odapi_ssd("import-weights", *call, path, "--output_dir", folder)
    assert completed.returncode == 0, completed.stderr
    *_, title, columns, row, unused, written, following = completed.stdout.splitlines()
    assert title == "Imported"
    assert columns.split() == ["from", "to", "shapes"]
    # of Keras's 54 layers with weights, those up to conv_pw_11
    assert row.split() == ["46", "layers", "the", "same", "names", "1,627,840", "numbers"]
    assert unused.startswith("Not used: 20 arrays: conv_dw_12/depthwise_kernel:0, ")
    assert written == f"Written: {folder / 'checkpoint' / 'ckpt-0'}"
    assert following.startswith("Next: odapi-ssd configure --mode all-layers ")

    path.write_bytes(b"no weights")
    completed = run_odapi_ssd("import-weights", *call, path, "--output_dir", tmp_path / "again")
    assert completed.returncode == 1
    assert completed.stderr.startswith(f"Error: {path} is not a Keras weight file (HDF5)")
    assert "Traceback" not in completed.stderr
    assert not (tmp_path / "again").exists()
