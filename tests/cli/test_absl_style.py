"""Flags in absl's spellings, and that no flag of the API's programs is missing."""

import click
import pytest
from click.testing import CliRunner

from odapi_ssd.cli import absl_style, export, train
from odapi_ssd.cli.options import FreeText


@absl_style.absl_logging_options
@click.command(cls=absl_style.AbslCommand)
@click.option("--use_tpu", type=bool)
@click.option("--model_dir")
@click.option("--number", type=int)
@click.argument("rest", nargs=-1)
def _toy(**values):
    click.echo(repr(values))


def _parsed(line):
    result = CliRunner().invoke(_toy, line.split(), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    values = eval(result.output)  # what _toy printed
    return {name: value for name, value in values.items() if value not in (None, ())}


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        ("--use_tpu", "--use_tpu=true"),
        ("--nouse_tpu", "--use_tpu=false"),
        ("--use_tpu=False", "--use_tpu=False"),
        ("--use_tpu True --model_dir M", "--use_tpu=True --model_dir M"),
        ("--use_tpu --model_dir M", "--use_tpu=true --model_dir M"),
        ("-model_dir M", "--model_dir M"),
        ("-model_dir=M=N", "--model_dir=M=N"),
        ("--model_dir -- x", "--model_dir -- x"),
        ("--number 3", "--number 3"),
        ("--nonsense", "--nonsense"),
        ("", ""),
    ],
)
def test_rewriting(given, understood):
    has_boolean_value = {"use_tpu": True, "model_dir": False, "number": False}
    assert absl_style._to_click(given.split(), has_boolean_value) == understood.split()


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("--nouse_tpu -number 3", {"use_tpu": False, "number": 3}),
        ("-use_tpu a", {"use_tpu": True, "rest": ("a",)}),
        ("--use_tpu 0 --model_dir=--x", {"use_tpu": False, "model_dir": "--x"}),
        ("-number=-3 -- --use_tpu", {"number": -3, "rest": ("--use_tpu",)}),
    ],
)
def test_a_command_understands_them(line, values):
    assert _parsed(line) == values


@pytest.mark.parametrize(
    "flags",
    [
        "--alsologtostderr",
        "--noalsologtostderr",
        "--logtostderr=false",
        "--verbosity 1",
        "--stderrthreshold=info --log_dir logs",
    ],
)
def test_logging_flags_of_absl_have_no_effect(flags):
    assert _parsed(f"{flags} --number 3") == {"number": 3}


@pytest.mark.tf
@pytest.mark.parametrize(
    ("program", "command", "own"),
    [
        ("model_main_tf2", train.command, {"train_loop", "num_eval_steps", "verbose"}),
        ("exporter_main_v2", export.command, {"overwrite", "verbose"}),
    ],
)
def test_every_flag_of_the_api_s_program_is_there(program, command, own):
    from absl import flags

    from odapi_ssd.plugin import api_programs

    ours = {
        name.removeprefix("--"): parameter
        for parameter in command.params
        if isinstance(parameter, click.Option) and parameter.expose_value
        for name in parameter.opts
    }
    required = ("pipeline_config_path", "trained_checkpoint_dir", "output_directory", "model_dir")
    values = {name: "x" for name in required if name in ours}
    with api_programs.loaded_program(program, values):
        defined = flags.FLAGS.flags_by_module_dict()[f"object_detection.{program}"]
        api_flags = {flag.name: flag.flag_type() for flag in defined}
    assert ours.keys() - own == api_flags.keys()
    kinds = {
        "bool": type(click.BOOL),
        "int": type(click.INT),
        "string": (type(click.STRING), FreeText),
    }
    for name, flag_type in api_flags.items():
        assert isinstance(ours[name].type, kinds[flag_type]), name
