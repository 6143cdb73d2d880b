"""`odapi-ssd doctor`: a sound environment, and those that are not."""

import subprocess
import sys

import pytest

from tests.support.command_line import run_odapi_ssd

pytestmark = pytest.mark.tf


def test_it_is_content_here():
    completed = run_odapi_ssd("doctor")
    assert completed.returncode == 0, completed.stderr
    assert "tensorflow" in completed.stdout
    assert "Descriptors cannot be created" in completed.stdout
    assert "This environment is ready." in completed.stdout
    assert completed.stderr == ""


def test_it_works_without_opengl(tmp_path):
    """An OpenCV that fails as it does on slim images, in front of the real one."""
    package = tmp_path / "cv2"
    package.mkdir()
    (package / "__init__.py").write_text(
        "raise ImportError('libGL.so.1: cannot open shared object file')"
    )
    completed = run_odapi_ssd("doctor", PYTHONPATH=str(tmp_path))
    assert completed.returncode == 0, completed.stderr
    (line,) = (line for line in completed.stdout.splitlines() if "libGL" in line)
    assert line.split()[:2] == ["opencv", "applied"]


@pytest.mark.parametrize(
    ("package", "found", "said"),
    [
        ("lxml", "raise metadata.PackageNotFoundError(name)", "  - lxml\n"),
        ("tensorflow", "return '2.99.0'", "  - tensorflow 2.99.0, expected 2.20\n"),
    ],
)
def test_what_is_wrong_is_named_with_the_fix(package, found, said):
    code = (
        "from importlib import metadata\n"
        "stock = metadata.version\n"
        "def version(name):\n"
        f"    if name == {package!r}: {found}\n"
        "    return stock(name)\n"
        "metadata.version = version\n"
        "import sys; sys.argv = ['odapi-ssd', 'doctor']\n"
        "from odapi_ssd.cli import main; main()"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert completed.returncode == 1
    assert said in completed.stderr
    assert "setup.sh" in completed.stderr
    assert "ready" not in completed.stdout
