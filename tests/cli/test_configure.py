import pytest

from odapi_ssd.config.files import load_config
from odapi_ssd.errors import OdapiError
from tests.support.command_line import run_odapi_ssd

_TEMPLATE = "ssd_mobilenet_v2_quickstart"


@pytest.fixture
def call(invoke, records_dir, tmp_path):
    def run(*arguments):
        required = ("--template", _TEMPLATE, "--records_dir", records_dir)
        return invoke("configure", *required, "--output_path", tmp_path / "o.config", *arguments)

    return run


def test_what_was_set_and_comes_next(records_dir, tmp_path):
    done = run_odapi_ssd(
        "configure", "--template", _TEMPLATE, "--records_dir", records_dir,
        "--output_path", "my.config", "--batch_size", "4", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    title, columns, *rows, following = done.stdout.splitlines()
    assert title == "Set in my.config"
    assert columns.split() == ["field", "value"]
    assert ["model.ssd.num_classes", "3"] in [row.split() for row in rows]
    assert ["train_config.batch_size", "4"] in [row.split() for row in rows]
    assert following == (
        "Next: odapi-ssd train --pipeline_config_path my.config --model_dir runs/my"
    )


def test_every_option_reaches_the_config(call, tmp_path):
    result = call(
        "--num_steps", "12", "--train_split", "val", "--eval_split", "test",
        "--set", "train_config.batch_size=5", "--set", "train_config.batch_size=6",
    )  # fmt: skip
    assert result.exit_code == 0
    config = load_config(tmp_path / "o.config")
    assert config.train_config.num_steps == 12
    assert config.train_config.batch_size == 6
    (path,) = config.train_input_reader.tf_record_input_reader.input_path
    assert path.endswith("/val.record-?????-of-?????")
    (path,) = config.eval_input_reader[0].tf_record_input_reader.input_path
    assert path.endswith("/test.record-?????-of-?????")


def test_notes_are_shown(call):
    result = call("--train_split", "val", "--eval_split", "val")
    assert "Note: Training and evaluation both use the split 'val'.\n" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("--batch_size 0", "0 is not in the range 1<=x<=4294967295"),
        ("--num_steps 0", "0 is not in the range 1<=x<=4294967295"),
        ("--mode scratch --fine_tune_checkpoint c", "scratch starts from random weights"),
        ("--mode from-detector", "needs a --fine_tune_checkpoint, of a detector."),
        ("--mode new-layers", "needs a --fine_tune_checkpoint, of a classification network."),
        ("--mode all-layers", "of a detector or a classification network."),
        ("--mode both", "'both' is not one of 'scratch', 'from-detector'"),
    ],
)
def test_a_wrong_call_is_2(call, tmp_path, arguments, expected):
    result = call(*arguments.split())
    assert result.exit_code == 2
    assert expected in " ".join(result.stderr.split())
    assert not (tmp_path / "o.config").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("--set train_config.nope=1", "nope"),
        ("--train_split nope", "has no split 'nope'"),
        ("--fine_tune_checkpoint nowhere/ckpt-1", "nowhere/ckpt-1"),
    ],
)
def test_what_does_not_fit_the_data_is_a_failure(call, tmp_path, arguments, expected):
    with pytest.raises(OdapiError, match=expected):
        call(*arguments.split())
    assert not (tmp_path / "o.config").exists()
