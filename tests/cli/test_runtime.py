"""What is silenced; in processes of their own, as it is silenced for good."""

import subprocess
import sys

import pytest

_NATIVE = ("TF_CPP_MIN_LOG_LEVEL", "GRPC_VERBOSITY")
_SAY_SOMETHING = """
import logging, os, sys, warnings
logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
log = logging.getLogger("tensorflow")
log.info("step 1"); log.warning("deprecated"); log.error("broken")
warnings.warn("old")
print(os.environ.get("TF_CPP_MIN_LOG_LEVEL"), os.environ.get("GRPC_VERBOSITY"))
"""


def _said_after(call, monkeypatch, **environment):
    """What a process says on standard error after a call, and its native log levels."""
    for name in _NATIVE:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    done = subprocess.run(
        [sys.executable, "-c", f"from odapi_ssd.cli.runtime import *\n{call}{_SAY_SOMETHING}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr, done.stdout.split()


@pytest.mark.parametrize("name", ["quiet_native_code", "quiet_tensorflow"])
def test_verbose_changes_nothing(monkeypatch, name):
    errors, levels = _said_after(f"{name}(True)", monkeypatch)
    assert "WARNING tensorflow deprecated" in errors
    assert "UserWarning: old" in errors
    assert levels == ["None", "None"]


def test_native_code_is_silenced_alone(monkeypatch):
    errors, levels = _said_after("quiet_native_code(False)", monkeypatch)
    assert "WARNING tensorflow deprecated" in errors
    assert "UserWarning: old" in errors
    assert levels == ["3", "ERROR"]


def test_a_level_that_the_user_has_set_stays(monkeypatch):
    _, levels = _said_after("quiet_native_code(False)", monkeypatch, TF_CPP_MIN_LOG_LEVEL="0")
    assert levels == ["0", "ERROR"]


def test_errors_alone_are_left_of_a_quiet_tensorflow(monkeypatch):
    errors, levels = _said_after("quiet_tensorflow(False)", monkeypatch)
    assert errors == "ERROR tensorflow broken\n"
    assert levels == ["3", "ERROR"]


_LOG_TO_STDERR = (
    "import logging, sys; handler = logging.StreamHandler(sys.stderr)\n"
    "handler.setFormatter(logging.Formatter('%(levelname)s %(message)s'))\n"
    "logging.getLogger('tensorflow').addHandler(handler)"
)


def test_the_progress_of_the_api_s_loops_is_shown_without_warnings(monkeypatch):
    call = f"show_api_progress(False)\n{_LOG_TO_STDERR}"
    errors, levels = _said_after(call, monkeypatch)
    assert errors == "INFO step 1\nERROR broken\n"  # once each, though the root has a handler too
    assert levels == ["3", "ERROR"]


def test_with_verbose_its_warnings_are_shown_too(monkeypatch):
    errors, levels = _said_after(f"show_api_progress(True)\n{_LOG_TO_STDERR}", monkeypatch)
    assert errors.startswith("INFO step 1\nWARNING deprecated\nERROR broken\n")
    assert "UserWarning: old" in errors
    assert levels == ["None", "None"]
