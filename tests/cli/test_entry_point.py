"""The command line as a whole: help, statuses and messages."""

import errno
import os
import signal
import sys

import click
import pytest

from odapi_ssd.cli.entry_point import COMMANDS, command_line, main
from odapi_ssd.errors import OdapiError, OptionError
from tests.support.command_line import heavy_imports, run_odapi_ssd, start_odapi_ssd


def test_the_package_imports_nothing_heavy():
    code = "import odapi_ssd, odapi_ssd.cli, odapi_ssd.errors"
    assert heavy_imports(code) == ([], "")


class TestHelp:
    @pytest.mark.parametrize("command", ["", *COMMANDS])
    def test_help_imports_nothing_heavy(self, command):
        code = (
            "import sys; from odapi_ssd.cli import main\n"
            f"sys.argv = ['odapi-ssd', *{command.split()!r}, '--help']\n"
            "try: main()\nexcept SystemExit as exit: assert not exit.code, exit.code\n"
        )
        heavy, output = heavy_imports(code)
        assert heavy == []
        assert output.startswith(f"Usage: odapi-ssd {command}".rstrip())
        assert "\\b" not in output
        assert "--verbose" in output

    def test_the_group_lists_every_command_with_a_line(self, invoke):
        lines = invoke("--help").output.splitlines()
        for command in COMMANDS:
            (line,) = (line for line in lines if line.split()[:1] == [command])
            assert len(line.split()) > 3

    @pytest.mark.parametrize("command", COMMANDS)
    def test_every_option_is_described(self, command):
        parameters = command_line.get_command(None, command).params
        for option in parameters:
            if isinstance(option, click.Option) and not option.hidden:
                assert option.help, option.name


def _options(*types):
    """Command, spelling and option of all options of these types, over all commands."""
    return [
        pytest.param(command, option.opts[0], option, id=f"{command} {option.opts[0]}")
        for command in COMMANDS
        for option in command_line.get_command(None, command).params
        if isinstance(option, click.Option) and isinstance(option.type, types)
    ]


_TEXTS = _options(click.Path, click.types.StringParamType)
_NUMBERS = _options(click.types.IntParamType, click.types.FloatParamType)


class TestValues:
    """No option of any command takes a value that no call can mean."""

    def test_the_options_are_found(self):
        texts = {f"{command} {name}" for command, name, _ in (case.values for case in _TEXTS)}
        assert texts >= {
            "train --model_dir", "train --pipeline_config_path", "train --checkpoint_dir",
            "evaluate --output_dir", "configure --output_path", "configure --records_dir",
            "convert --data_dir", "convert --label_map_path", "detect --saved_model_dir",
            "export --output_directory", "import-weights --weights",
        }  # fmt: skip
        numbers = {f"{command} {name}" for command, name, _ in (case.values for case in _NUMBERS)}
        assert numbers >= {"train --num_train_steps", "detect --min_score", "shapes --seed"}

    @pytest.mark.parametrize("value", ["", " \t"])
    @pytest.mark.parametrize(("command", "name", "option"), _TEXTS)
    def test_an_empty_path_or_name_is_refused(
        self, invoke, tmp_path, monkeypatch, command, name, option, value
    ):
        monkeypatch.chdir(tmp_path)
        for words in ((name, value), (f"{name}={value}",)):
            result = invoke(command, *words)
            assert result.exit_code == 2
            assert f"Error: Invalid value for '{name}': it is empty." in result.stderr
            assert "shell variable" in result.stderr
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400", "many"])
    @pytest.mark.parametrize(("command", "name", "option"), _NUMBERS)
    def test_a_number_is_finite(self, invoke, command, name, option, value):
        result = invoke(command, f"{name}={value}")
        assert result.exit_code == 2
        assert f"Error: Invalid value for '{name}': " in result.stderr

    @pytest.mark.parametrize(
        ("command", "name", "option"),
        # Any whole number is a seed; --num_eval_steps is a flag of TF1 without effect.
        [case for case in _NUMBERS if case.values[1] not in ("--seed", "--num_eval_steps")],
    )
    def test_a_number_is_in_its_range(self, invoke, command, name, option):
        outside = [-1, option.type.min - 1]
        if option.type.max is not None:
            outside.append(option.type.max + 1)
        for value in outside:
            result = invoke(command, f"{name}={value}")
            assert result.exit_code == 2
            assert f"Invalid value for '{name}': {value}" in result.stderr
            assert " is not in the range " in result.stderr


class TestStatus:
    """Of processes: nothing but the process has a status."""

    def test_a_wrong_call_is_2(self):
        completed = run_odapi_ssd("train", "--no_such_flag")
        assert completed.returncode == 2
        assert "no_such_flag" in completed.stderr

    def test_an_unknown_command_is_2(self):
        assert run_odapi_ssd("trian").returncode == 2

    def test_a_failure_is_1_with_one_message_and_no_traceback(self, tmp_path):
        completed = run_odapi_ssd("check", "--pipeline_config_path", tmp_path / "none.config")
        assert completed.returncode == 1
        assert completed.stderr.startswith("Error: ")
        assert "none.config" in completed.stderr
        assert "Traceback" not in completed.stderr

    @pytest.mark.parametrize("place", ["before", "behind"])
    def test_verbose_shows_the_traceback(self, tmp_path, place):
        words = ["check", "--verbose"] if place == "behind" else ["--verbose", "check"]
        completed = run_odapi_ssd(*words, "--pipeline_config_path", tmp_path / "none.config")
        assert completed.returncode == 1
        assert "Traceback" in completed.stderr
        assert completed.stderr.splitlines()[-1].startswith("What to do: ")


class TestMain:
    """What `main` makes of what a command raises."""

    @pytest.fixture
    def status_of(self, monkeypatch):
        """The status with which a call ends whose command raises the given exception."""

        def run(exception, *words):
            def fail(**_):
                raise exception

            command = command_line.get_command(None, "shapes")
            monkeypatch.setattr(command, "callback", fail)
            arguments = ["odapi-ssd", *words, "shapes", "--output_dir", "never_written"]
            monkeypatch.setattr(sys, "argv", arguments)
            with pytest.raises(SystemExit) as exit_:
                main()
            return exit_.value.code

        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
        handlers = [(number, signal.getsignal(number)) for number in numbers]
        yield run
        for number, handler in handlers:  # after `main` a process ends, which this one does not
            signal.signal(number, handler)

    @pytest.mark.parametrize(
        ("exception", "status", "printed"),
        [
            (OdapiError("a.xml: empty.", hint="fill it."), 1,
             "Error: a.xml: empty.\nWhat to do: fill it.\n"),
            (KeyError("name"), 1,
             "Error: KeyError: 'name'\n"
             "What to do: run the command again with --verbose for details.\n"),
            (OSError(errno.ENOSPC, "No space left on device", "/d/a"), 1,
             "Error: A file cannot be read or written: /d/a: the disk is full.\n"
             "What to do: see to the disk and to the permissions there, and run the command "
             "again.\n"),
            (OptionError("seed", "is odd."), 2,
             "Usage: odapi-ssd shapes [OPTIONS]\n"
             "Try 'odapi-ssd shapes --help' for help.\n\nError: --seed is odd.\n"),
            (click.UsageError("no"), 2, None),
            (KeyboardInterrupt(), 130, "\nInterrupted.\n"),  # ends the line with ^C
            (click.Abort(), 130, "Interrupted.\n"),
        ],
    )  # fmt: skip
    def test_exceptions_become_statuses_and_messages(
        self, status_of, capsys, exception, status, printed
    ):
        assert status_of(exception) == status
        captured = capsys.readouterr()
        assert captured.out == ""
        if printed is not None:
            assert captured.err == printed

    def test_with_verbose_a_traceback_comes_first(self, status_of, capsys):
        assert status_of(KeyError("name"), "--verbose") == 1
        errors = capsys.readouterr().err
        assert errors.startswith("Traceback (most recent call last):\n")
        assert errors.endswith("\nError: KeyError: 'name'\n")

    def test_a_closed_pipe_is_said(self, status_of, capsys):
        assert status_of(BrokenPipeError(errno.EPIPE, "Broken pipe")) == 1
        assert capsys.readouterr().err == "\nInterrupted (standard output was closed).\n"


class TestEnd:
    """Ends from outside: a real signal, a real pipe."""

    @pytest.mark.parametrize(
        ("number", "name"), [(signal.SIGTERM, "SIGTERM"), (signal.SIGHUP, "SIGHUP")]
    )
    def test_a_signal_is_named_and_leaves_nothing(self, tmp_path, number, name):
        output_dir = tmp_path / "shapes"
        process = start_odapi_ssd("shapes", "--output_dir", output_dir, "--num_images", 100_000)
        while not list(tmp_path.glob("shapes/.incomplete-*")):
            assert process.poll() is None
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 128 + number
        assert f"Interrupted ({name}" in errors
        assert "Traceback" not in errors
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        "words",
        [
            ("shapes", "--output_dir", "shapes", "--num_images", 3),
            ("templates",),
            ("templates", "ssd_vgg_bccd"),
            ("templates", "--help"),
            ("--help",),
            ("--version",),
        ],
    )
    def test_a_pipe_that_nobody_reads_is_said(self, tmp_path, monkeypatch, words):
        monkeypatch.chdir(tmp_path)
        process = start_odapi_ssd(*words, PYTHONPATH=os.pathsep.join(sys.path))
        process.stdout.close()
        errors = process.stderr.read()
        assert process.wait(timeout=60) == 1
        assert "standard output was closed" in errors
        assert "Traceback" not in errors
        assert "BrokenPipe" not in errors

    @pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
    def test_streams_that_were_closed_at_the_start_lead_nowhere(self, tmp_path, closed):
        """No file that the command opens gets their descriptors, or what is printed."""
        completed = run_odapi_ssd(
            "shapes", "--output_dir", tmp_path / "shapes", "--num_images", 3,
            preexec_fn=lambda: [os.close(descriptor) for descriptor in closed],
        )  # fmt: skip
        assert completed.returncode == 0, completed.stderr
        assert completed.stderr == ""
        assert bool(completed.stdout) == (1 not in closed)
        assert len(list(tmp_path.glob("shapes/JPEGImages/*"))) == 3

    def test_an_error_without_standard_streams_has_its_status(self, tmp_path):
        completed = run_odapi_ssd(
            "check", "--pipeline_config_path", tmp_path / "none.config",
            preexec_fn=lambda: os.closerange(0, 3),
        )  # fmt: skip
        assert completed.returncode == 1
