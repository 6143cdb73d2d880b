from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from odapi_ssd.cli.command import Command, Settings, pass_settings
from odapi_ssd.cli.options import FreeText
from odapi_ssd.errors import OdapiError, OptionError


@click.command("toy", cls=Command)
@click.argument("error", required=False)
@pass_settings
def _toy(settings: Settings, error: str | None) -> None:
    """Says whether it is verbose."""
    if error == "option":
        raise OptionError("size", "is 0; 1 or more was expected.", hint="give more.")
    if error is not None:
        raise OdapiError(error)
    click.echo(f"verbose: {settings.verbose}")


def _invoke(*arguments, **options):
    return CliRunner().invoke(_toy, list(arguments), **options)


def test_verbose_reaches_the_settings():
    assert _invoke().output == "verbose: False\n"
    assert _invoke("--verbose").output == "verbose: True\n"


def test_verbose_before_the_command_s_name_is_the_same_setting():
    settings = Settings(verbose=True)
    assert _invoke(obj=settings).output == "verbose: True\n"


def test_a_wrong_option_is_reported_like_click_s_own():
    result = _invoke("option")
    assert result.exit_code == 2
    assert result.stderr == (
        "Usage: toy [OPTIONS] [ERROR]\nTry 'toy --help' for help.\n\n"
        "Error: --size is 0; 1 or more was expected.\nWhat to do: give more.\n"
    )


@click.command("toy", cls=Command)
@click.option("--folder", "-f", type=click.Path(path_type=Path), multiple=True)
@click.option("--text", type=FreeText())
@click.argument("files", nargs=-1, type=click.Path())
def _paths(folder: tuple[Path, ...], text: str | None, files: tuple[str, ...]) -> None:
    """Prints what it gets."""
    click.echo(repr((list(map(str, folder)), text, files)))


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["--folder", ""], "'--folder' / '-f'"),
        (["-f", "a", "-f", "  "], "'--folder' / '-f'"),
        (["a", "", "b"], "'[FILES]...'"),
    ],
)
def test_an_empty_path_is_refused_wherever_it_is(words, name):
    result = CliRunner().invoke(_paths, words)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == (
        f"Error: Invalid value for {name}: it is empty. Give a value; if it comes from a shell "
        "variable, the variable is not set."
    )


def test_paths_that_are_given_and_texts_that_may_be_empty_pass():
    result = CliRunner().invoke(_paths, ["-f", ".", "--text", "", "a b"])
    assert result.output == "(['.'], '', ('a b',))\n"
    assert CliRunner().invoke(_paths, []).output == "([], None, ())\n"


def test_other_errors_pass():
    with pytest.raises(OdapiError, match="a fault"):
        _invoke("a fault", catch_exceptions=False)
