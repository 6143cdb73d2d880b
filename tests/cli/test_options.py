from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from odapi_ssd.cli.options import (
    FiniteFloatRange,
    FreeText,
    data_dir_option,
    output_dir_option,
    pipeline_config_option,
    set_option,
)


def _parsed(option, *arguments):
    """The values that a command with the one option gets, or its status and error message."""
    values = {}
    command = click.command()(option(lambda **given: values.update(given)))
    result = CliRunner().invoke(command, list(map(str, arguments)))
    return values if result.exit_code == 0 else (result.exit_code, result.stderr.splitlines()[-1])


@pytest.mark.parametrize(
    ("option", "name"),
    [
        (data_dir_option, "--data_dir"),
        (output_dir_option("Output."), "--output_dir"),
        (pipeline_config_option(), "--pipeline_config_path"),
    ],
)
def test_what_a_command_cannot_do_without_is_required(option, name):
    assert _parsed(option) == (2, f"Error: Missing option '{name}'.")


def test_folders_are_paths(tmp_path):
    assert _parsed(data_dir_option, "--data_dir", "a/b") == {"data_dir": Path("a/b")}
    new = tmp_path / "new"
    assert _parsed(output_dir_option("Output."), "--output_dir", new) == {"output_dir": new}


def test_an_output_folder_is_no_file(tmp_path):
    path = tmp_path / "file"
    path.touch()
    status, message = _parsed(output_dir_option("Output."), "--output_dir", path)
    assert status == 2
    assert "is a file" in message


def test_a_config_s_path_stays_as_it_is_given():
    option = pipeline_config_option()
    path = "gs://bucket/a.config"
    assert _parsed(option, "--pipeline_config_path", path) == {"pipeline_config_path": path}


def test_a_config_may_be_optional():
    option = pipeline_config_option(required=False)
    assert _parsed(option) == {"pipeline_config_path": None}


def test_fields_are_set_in_order():
    assert _parsed(set_option) == {"assignments": ()}
    given = ("--set", "b.c=1", "--set", "a=x=y")
    assert _parsed(set_option, *given) == {"assignments": ("b.c=1", "a=x=y")}


@pytest.mark.parametrize("value", ["0", "0.25", "1"])
def test_a_finite_number_in_its_range(value):
    option = click.option("--share", type=FiniteFloatRange(0, 1))
    assert _parsed(option, "--share", value) == {"share": float(value)}


@pytest.mark.parametrize("value", ["nan", "-nan", "1.5", "x"])
def test_no_number_or_none_of_its_range(value):
    option = click.option("--share", type=FiniteFloatRange(0, 1))
    status, message = _parsed(option, "--share", value)
    assert status == 2
    assert message.startswith(f"Error: Invalid value for '--share': {value!r} is not a valid") or (
        f"{value} is not" in message
    )


def test_infinity_is_not_in_a_range_without_an_end():
    option = click.option("--size", type=FiniteFloatRange(min=0))
    assert _parsed(option, "--size", "inf") == (
        2,
        "Error: Invalid value for '--size': inf is not a finite number; expected x>=0.",
    )


def test_a_free_text_may_be_empty():
    assert _parsed(click.option("--text", type=FreeText()), "--text", "") == {"text": ""}
