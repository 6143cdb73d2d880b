"""The README and the other documents: what they name exists, and their commands are accepted."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from odapi_ssd.cli.entry_point import command_line
from odapi_ssd.config.templates import template_names

_PROJECT_DIR = Path(__file__).resolve().parents[1]
_DOCUMENTS = [
    *(_PROJECT_DIR / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    _PROJECT_DIR / "benchmarks" / "README.md",
    *sorted((_PROJECT_DIR / "docs").glob("*.md")),
]
EACH = pytest.mark.parametrize(
    "document", _DOCUMENTS, ids=lambda path: path.relative_to(_PROJECT_DIR).as_posix()
)
_COMMANDS = command_line.list_commands(None)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_ROOTS = "benchmarks|colab|docs|label_maps|odapi_ssd|pipelines|scripts|tests|tools"
# A path from the root, as it ends before a space, a quote, `::` or a comma.
_PROJECT_PATH = re.compile(rf"(?<![\w/.-])(?:{_ROOTS})/[\w./*<>-]*")


def _text(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def _code_spans(document: Path) -> list[str]:
    """The texts between single backticks, on one line each."""
    spans = re.findall(r"`([^`]+)`", _FENCE.sub("", _text(document)))
    return [" ".join(span.split()) for span in spans]


def _shell_lines(document: Path) -> list[str]:
    blocks = [block for language, block in _FENCE.findall(_text(document)) if language == "bash"]
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip()]


def _all_shell_commands() -> list[str]:
    lines = [line for document in _DOCUMENTS for line in _shell_lines(document)]
    return [line for line in lines if line.startswith("odapi-ssd ")]


def _context(name: str) -> click.Context:
    command = command_line.get_command(None, name)
    assert command is not None, name
    return command.context_class(command, info_name=name)


def _options(name: str) -> set[str]:
    context = _context(name)
    return {flag for param in context.command.get_params(context) for flag in param.opts}


@pytest.mark.parametrize("line", _all_shell_commands())
def test_a_command_line_is_accepted(line):
    _, name, *arguments = shlex.split(line, comments=True)
    context = _context(name)
    given, _, _ = context.command.make_parser(context).parse_args(arguments)
    missing = [one.name for one in context.command.params if one.required and one.name not in given]
    assert not missing


def _mentions(document: Path) -> Iterator[tuple[str, list[str]]]:
    """Commands in the text with the flags that follow them: `odapi-ssd train --model_dir=M`."""
    for span in _code_spans(document):
        name, *words = span.removeprefix("odapi-ssd ").split()
        is_command = span.startswith("odapi-ssd ") and not name.startswith("-")
        if name == "api" or not (is_command or (name in _COMMANDS and words)):
            continue
        yield name, [word.split("=")[0] for word in words if re.match(r"--\w", word)]


@EACH
def test_commands_in_the_text_exist_and_have_their_flags(document):
    for name, flags in _mentions(document):
        assert set(flags) <= _options(name), name


@EACH
def test_flags_in_the_text_belong_to_a_program(document):
    programs = [*_PROJECT_DIR.glob("benchmarks/*.py"), *_PROJECT_DIR.glob("tools/**/*.py")]
    known = set(re.findall(r'add_argument\("(--\w+)"', "".join(map(_text, programs))))
    known |= set().union(*(_options(name) for name in _COMMANDS))
    flags = {span.split()[0].split("=")[0] for span in _code_spans(document) if span[:2] == "--"}
    assert flags <= known


def test_lines_of_the_readme_can_be_pasted():
    lines = _shell_lines(_PROJECT_DIR / "README.md")
    assert lines[0].startswith("scripts/quickstart.sh ")
    programs = {line.split()[0] for line in lines}
    assert {path for path in programs if "/" in path} <= set(_named_paths("\n".join(lines)))
    assert {path for path in programs if "/" not in path} == {"source", "git", "odapi-ssd"}


def _table(document: Path, heading: str) -> list[str]:
    """The code spans in the first column of the table below a heading."""
    section = _text(document).split(f"# {heading}\n")[1].split("\n## ")[0]
    cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    names = [name for cell in cells for name in re.findall(r"`([^`]*)`", cell)]
    return [name.removeprefix("odapi-ssd ") for name in names]


def test_tables_name_all_commands_and_templates():
    assert _table(_PROJECT_DIR / "docs" / "commands.md", "Commands") == _COMMANDS
    assert sorted(_table(_PROJECT_DIR / "README.md", "Models")) == template_names()


def _anchors(document: Path) -> set[str]:
    """GitHub's anchors of the headings."""
    headings = re.findall(r"^#+ (.*)$", _FENCE.sub("", _text(document)), re.MULTILINE)
    kept = (re.sub(r"[^\w\s-]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in kept}


@EACH
def test_links_lead_somewhere(document):
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", _text(document)):
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        assert target.is_file(), link
        assert not anchor or anchor in _anchors(target), link


def _named_paths(text: str) -> list[str]:
    """The project's files and folders that a text names; patterns and placeholders left out."""
    found = [path.rstrip(".") for path in _PROJECT_PATH.findall(text)]
    return [path for path in found if not set("*<>") & set(path)]


@EACH
def test_named_paths_exist(document):
    missing = [path for path in _named_paths(_text(document)) if not (_PROJECT_DIR / path).exists()]
    assert missing == []


@EACH
def test_named_patterns_match_a_file(document):
    patterns = [path for path in _PROJECT_PATH.findall(_text(document)) if "*" in path]
    assert [pattern for pattern in patterns if not list(_PROJECT_DIR.glob(pattern))] == []


def test_every_script_is_described():
    names = {path.name for path in (_PROJECT_DIR / "scripts").glob("*.sh")} - {"environment.sh"}
    text = _text(_PROJECT_DIR / "docs" / "commands.md") + _text(_PROJECT_DIR / "CONTRIBUTING.md")
    assert [name for name in sorted(names) if f"scripts/{name}" not in text] == []


@EACH
def test_named_modules_exist(document):
    """`odapi_ssd.ssd`, `odapi_ssd.ssd.anchors`, `odapi_ssd.register()`, `python -m tools.NAME`."""
    for name in re.findall(r"(?<![\w/.])(?:odapi_ssd|tools|benchmarks)\.[a-z_.]+", _text(document)):
        parts = name.rstrip(".").split(".")
        package = _PROJECT_DIR.joinpath(*parts[:-1])
        is_module = (package / parts[-1]).is_dir() or (package / f"{parts[-1]}.py").is_file()
        source = package / "__init__.py" if package.is_dir() else package.with_suffix(".py")
        assert is_module or f"\ndef {parts[-1]}(" in _text(source), name


@EACH
def test_imports_of_python_examples_exist(document):
    blocks = [block for language, block in _FENCE.findall(_text(document)) if language == "python"]
    for block in blocks:
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("odapi_ssd."):
                module = _PROJECT_DIR.joinpath(*node.module.split("."))
                path = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
                for name in (one.name for one in node.names):
                    is_module = (module / f"{name}.py").is_file()
                    assert is_module or f'"{name}"' in _text(path), f"{node.module}.{name}"


@EACH
def test_named_environment_variables_are_read(document):
    tests = [_PROJECT_DIR / "tests" / name for name in ("conftest.py", "support/fault_plan.py")]
    readers = [*(_PROJECT_DIR / "scripts").glob("*.sh"), *tests]
    sources = "".join(map(_text, readers))
    for variable in set(re.findall(r"ODAPI_SSD_[A-Z]+", _text(document))):
        assert variable in sources, variable


class TestArchitecture:
    """The layers and packages on the page are those of the code."""

    page = _text(_PROJECT_DIR / "docs" / "architecture.md")

    def test_layers(self):
        pyproject = _text(_PROJECT_DIR / "pyproject.toml")
        (contract,) = re.findall(r"^layers = \[\n(.*?)^\]", pyproject, re.MULTILINE | re.DOTALL)
        (shown,) = (block for language, block in _FENCE.findall(self.page) if language == "text")
        assert shown.splitlines() == re.findall(r'"(.*)"', contract)

    def test_packages(self):
        packages = [path.parent.name for path in _PROJECT_DIR.glob("odapi_ssd/*/__init__.py")]
        shown = re.findall(r"^\| `odapi_ssd/(\w+)/` \|", self.page, re.MULTILINE)
        assert sorted(shown) == sorted(packages)

    def test_journeys_open_files_that_exist(self):
        journeys = self.page.split("## Seven journeys\n")[1].split("\n### ")[1:]
        assert len(journeys) == 7
        for journey in journeys:
            steps = re.findall(r"^\d+\. `([^`]*)`: ", journey, re.MULTILINE)
            assert len(steps) == len(re.findall(r"^\d+\. ", journey, re.MULTILINE)) >= 5, journey
            assert [path for path in steps if not (_PROJECT_DIR / path).is_file()] == []
