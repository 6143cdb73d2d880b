"""The command line as a whole: help, statuses, and flags spelled as the API spells them."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from odapi_ssd.cli import absl_style, entry_point, train
from odapi_ssd.cli import export as export_command

_HEAVY = ("tensorflow", "object_detection", "numpy", "PIL", "lxml", "rich", "google", "absl")
_COMMANDS = list(entry_point.COMMANDS)


def _run(*arguments, cwd=None, **environment) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "odapi_ssd", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, **environment},
    )


class TestHelp:
    @pytest.mark.parametrize("command", ["", *_COMMANDS])
    def test_help_imports_nothing_heavy(self, command):
        code = (
            "import sys; from odapi_ssd.cli import main\n"
            f"sys.argv = ['odapi-ssd', *{command.split()!r}, '--help']\n"
            "try: main()\nexcept SystemExit as exit: assert not exit.code, exit.code\n"
            f"print('HEAVY', [name for name in {_HEAVY!r} if name in sys.modules])"
        )
        completed = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert "Usage: odapi-ssd" in completed.stdout
        assert "\\b" not in completed.stdout
        assert completed.stdout.endswith("HEAVY []\n")

    def test_the_group_lists_every_command_with_a_line(self):
        output = _run("--help").stdout
        for command in _COMMANDS:
            (line,) = (line for line in output.splitlines() if line.split()[:1] == [command])
            assert len(line.split()) > 3


class TestStatus:
    def test_a_wrong_call_is_2(self):
        completed = _run("train", "--no_such_flag")
        assert completed.returncode == 2
        assert "no_such_flag" in completed.stderr

    def test_an_unknown_command_is_2(self):
        assert _run("trian").returncode == 2

    def test_a_failure_is_1_with_one_message_and_no_traceback(self, tmp_path):
        completed = _run("check", "--pipeline_config_path", tmp_path / "none.config")
        assert completed.returncode == 1
        assert completed.stderr.startswith("Error: ")
        assert "none.config" in completed.stderr
        assert "Traceback" not in completed.stderr

    def test_verbose_shows_the_traceback(self, tmp_path):
        completed = _run("check", "--verbose", "--pipeline_config_path", tmp_path / "none.config")
        assert completed.returncode == 1
        assert "Traceback" in completed.stderr


class TestAbslSpellings:
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
        ],
    )
    def test_rewriting(self, given, understood):
        is_boolean = {"use_tpu": True, "model_dir": False, "number": False}
        assert absl_style._to_click(given.split(), is_boolean) == understood.split()


@pytest.mark.tf
@pytest.mark.parametrize(
    ("program", "command", "own"),
    [
        ("model_main_tf2", train.command, {"train_loop", "num_eval_steps", "verbose"}),
        ("exporter_main_v2", export_command.command, {"verbose"}),
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
    kinds = {"bool": click.BOOL, "int": click.INT, "string": click.STRING}
    for name, flag_type in api_flags.items():
        expected = kinds[flag_type]
        assert ours[name].type is expected or isinstance(ours[name].type, type(expected)), name


@pytest.mark.tf
def test_api_runs_a_module_and_passes_its_status_on(tmp_path):
    completed = _run("api", "model_main_tf2", "--helpfull")
    assert "--checkpoint_every_n" in completed.stdout
    for name in ("no_such_module", "protos"):
        completed = _run("api", name)
        assert completed.returncode == 1
        assert f"no module '{name}' that can be run" in completed.stderr


@pytest.mark.tf
class TestDoctor:
    def test_it_is_content_here(self):
        completed = _run("doctor")
        assert completed.returncode == 0, completed.stderr
        assert "tensorflow" in completed.stdout
        assert "Descriptors cannot be created" in completed.stdout
        assert "This environment is ready." in completed.stdout
        assert completed.stderr == ""

    def test_it_works_without_opengl(self, tmp_path):
        """An OpenCV that fails as it does on slim images, in front of the real one."""
        package = tmp_path / "cv2"
        package.mkdir()
        (package / "__init__.py").write_text(
            "raise ImportError('libGL.so.1: cannot open shared object file')"
        )
        completed = _run("doctor", PYTHONPATH=str(tmp_path))
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
    def test_what_is_off_is_named_with_the_fix(self, package, found, said):
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


def test_the_package_and_its_command_line_import_nothing_heavy():
    code = (
        "import sys, odapi_ssd, odapi_ssd.cli, odapi_ssd.errors\n"
        f"print([name for name in {_HEAVY!r} if name in sys.modules])"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path("/")
    )
    assert completed.stdout == "[]\n"
