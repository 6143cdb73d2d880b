"""The README: its commands exist, its links and tables hold."""

import re
import shlex
from pathlib import Path

import click
import pytest

from odapi_ssd.cli.entry_point import command_line
from odapi_ssd.config.templates import template_names

_PROJECT_DIR = Path(__file__).parents[1]
_README = (_PROJECT_DIR / "README.md").read_text(encoding="utf-8")


def _shell_commands() -> list[str]:
    blocks = re.findall(r"^```bash\n(.*?)^```", _README, re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("odapi-ssd ")]


def _table(heading: str) -> list[str]:
    """What is quoted in the first cells of the table below a heading."""
    section = _README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    names = [name for cell in cells for name in re.findall(r"`([^`]*)`", cell)]
    return [name.removeprefix("odapi-ssd ") for name in names]


@pytest.mark.parametrize("line", _shell_commands())
def test_command_takes_its_flags(line):
    _, name, *arguments = shlex.split(line, comments=True)
    command = command_line.get_command(None, name)
    assert command is not None
    context = click.Context(command, info_name=name)
    given, _, _ = command.make_parser(context).parse_args(arguments)
    missing = [one.name for one in command.params if one.required and one.name not in given]
    assert not missing


def test_tables_name_all_commands_and_templates():
    assert _table("Commands") == command_line.list_commands(None)
    assert sorted(_table("Models")) == template_names()


def test_linked_files_exist():
    links = re.findall(r"\]\((?!https?:|#)([^)]+)\)", _README)
    assert links
    assert [link for link in links if not (_PROJECT_DIR / link).is_file()] == []


def test_named_scripts_exist():
    names = set(re.findall(r"\b(?:scripts/)?(\w+\.sh)\b", _README))
    assert {"quickstart.sh", "test.sh"} <= names
    assert [name for name in sorted(names) if not (_PROJECT_DIR / "scripts" / name).is_file()] == []
