import click
import pytest
from click.testing import CliRunner

from odapi_ssd.cli.command import Command, Settings, pass_settings
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


def test_other_errors_pass():
    with pytest.raises(OdapiError, match="a fault"):
        _invoke("a fault", catch_exceptions=False)
