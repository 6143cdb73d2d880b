"""The floor plan: the import contracts of pyproject.toml hold, and tests mirror the package."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_PROJECT_DIR = Path(__file__).resolve().parents[1]
_LINT = (
    "import sys\n"
    "from importlinter.cli import lint_imports\n"
    "sys.exit(lint_imports(no_cache=True, no_logo=True))"
)


def _broken_contracts(directory: Path) -> list[str]:
    """The names of the contracts that the package in a directory breaks."""
    done = subprocess.run(
        [sys.executable, "-c", _LINT], cwd=directory, capture_output=True, text=True, check=False
    )
    lines = done.stdout.splitlines()
    assert any(line.endswith((" KEPT", " BROKEN")) for line in lines), done.stdout + done.stderr
    broken = [line.removesuffix(" BROKEN") for line in lines if line.endswith(" BROKEN")]
    assert done.returncode == (1 if broken else 0)
    return broken


@pytest.fixture(scope="module")
def project_copy(tmp_path_factory) -> Path:
    """A copy of the modules and the contracts, for modules to be added."""
    directory = tmp_path_factory.mktemp("project")
    shutil.copy(_PROJECT_DIR / "pyproject.toml", directory)
    no_modules = shutil.ignore_patterns("__pycache__", "py.typed")
    shutil.copytree(_PROJECT_DIR / "odapi_ssd", directory / "odapi_ssd", ignore=no_modules)
    return directory


_ARROWS = "Arrows point one way"
_DATA = "data stands alone, without TensorFlow"
_SSD = "ssd stands alone, without the API"
_CIRCLES = "No circles between modules"


class TestContracts:
    def test_they_are_kept(self):
        assert _broken_contracts(_PROJECT_DIR) == []

    @pytest.mark.parametrize(
        ("added", "broken"),
        [
            ({"config/toy.py": "import odapi_ssd.check.report"}, _ARROWS),
            ({"training/toy.py": "from odapi_ssd import evaluation"}, _ARROWS),
            ({"messages.py": "def late():\n    from odapi_ssd import resources"}, _ARROWS),
            (
                {
                    "config/toy.py": "from typing import TYPE_CHECKING\n"
                    "if TYPE_CHECKING:\n    from odapi_ssd.cli import console"
                },
                _ARROWS,
            ),
            ({"toy.py": ""}, _ARROWS),
            ({"ssd/toy.py": "import odapi_ssd.errors"}, _ARROWS),
            ({"ssd/toy.py": "from object_detection.core import model"}, _SSD),
            ({"data/toy.py": "import odapi_ssd.ssd.boxes"}, _DATA),
            ({"data/formats/toy.py": "def late():\n    import tensorflow as tf"}, _DATA),
            (
                {
                    "inspection/anchors/a.py": "from odapi_ssd.inspection.anchors import b",
                    "inspection/anchors/b.py": "from odapi_ssd.inspection.anchors import c",
                    "inspection/anchors/c.py": "from odapi_ssd.inspection.anchors import a",
                },
                _CIRCLES,
            ),
            (
                {
                    "data/formats/toy.py": "from odapi_ssd.data.records import toy",
                    "data/records/toy.py": "from odapi_ssd.data.formats import toy",
                },
                _CIRCLES,
            ),
        ],
        ids=[
            "an arrow up",
            "an arrow to the side",
            "an arrow inside a function",
            "an arrow for type checking alone",
            "a module that has no layer",
            "ssd with another package",
            "ssd with the API",
            "data with another package",
            "data with TensorFlow",
            "a circle of modules, two packages deep",
            "a circle of packages",
        ],
    )
    def test_a_violation_is_found(self, project_copy, added, broken):
        stock = {}
        for name, text in added.items():
            path = project_copy / "odapi_ssd" / name
            stock[path] = path.read_text() if path.exists() else None
            path.write_text(f"{stock[path] or ''}\n{text}\n")
        try:
            assert broken in _broken_contracts(project_copy)
        finally:
            for path, text in stock.items():
                path.unlink() if text is None else path.write_text(text)


class TestTests:
    def test_every_module_with_functions_has_its_own(self):
        package, tests = _PROJECT_DIR / "odapi_ssd", _PROJECT_DIR / "tests"
        modules = [
            path.relative_to(package)
            for path in sorted(package.rglob("*.py"))
            if path.name not in ("__init__.py", "__main__.py") and _has_functions(path)
        ]
        assert len(modules) > 100
        without = [str(path) for path in modules if not (tests / _test_of(path)).is_file()]
        assert without == []

    def test_none_is_longer_than_400_lines(self):
        files = sorted((_PROJECT_DIR / "tests").rglob("*.py"))
        assert len(files) > 100
        num_lines = {str(path): len(path.read_text().splitlines()) for path in files}
        assert {name: num for name, num in num_lines.items() if num > 400} == {}


class TestJson:
    def test_every_writer_refuses_nan_which_is_no_json(self):
        """A writer that may meet NaN says what becomes of it; other programs refuse `NaN`."""
        calls = [
            (path, ast.unparse(node))
            for path in sorted((_PROJECT_DIR / "odapi_ssd").rglob("*.py"))
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call)
            and ast.unparse(node.func) in ("json.dumps", "json.dump", "dumps", "dump")
        ]
        assert len(calls) >= 4
        assert [one for one in calls if "allow_nan=False" not in one[1]] == []


def _has_functions(path: Path) -> bool:
    """Whether a module has anything but constants and plain data classes."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return any(isinstance(node, ast.FunctionDef | ast.Lambda) for node in nodes)


def _test_of(module: Path) -> Path:
    """The file that tests a module, both relative to their folders."""
    return module.with_name(f"test_{module.name}")
