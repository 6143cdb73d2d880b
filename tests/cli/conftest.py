"""Commands run in the test's own process."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from odapi_ssd.cli import runtime
from odapi_ssd.cli.entry_point import command_line


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command and gives its status and output; its exceptions pass.

    Logging and warnings, which a command silences for good, stay as they are.
    """
    for name in runtime.__all__:
        monkeypatch.setattr(runtime, name, lambda verbose: None)

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(command_line, list(map(str, arguments)), catch_exceptions=False)

    return run
