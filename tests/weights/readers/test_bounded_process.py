"""Functions that take all memory, all time, or crash, in real processes."""

import sys
import time

import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.weights.readers.bounded_process import run_bounded

_FUNCTIONS = """
import os, signal
from odapi_ssd.errors import OdapiError

def succeed(path):
    return path.read_text()

def refuse(path):
    raise OdapiError(f"{path} is odd.", details=["a", "b"], hint="even it.")

def allocate(path):
    return bytes(2**30)

def spin(path):
    while True:
        pass

def crash(path):
    os.kill(os.getpid(), signal.SIGSEGV)
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    (tmp_path / "bounded_functions.py").write_text(_FUNCTIONS)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    (tmp_path / "file").write_text("content")
    return lambda name: run_bounded("bounded_functions", name, tmp_path / "file", "a library")


def test_success(run):
    assert run("succeed") is None


def test_its_own_error(run, tmp_path):
    with pytest.raises(OdapiError) as caught:
        run("refuse")
    assert caught.value.problem == f"{tmp_path / 'file'} is odd."
    assert (caught.value.details, caught.value.hint) == (("a", "b"), "even it.")


@pytest.mark.parametrize(
    "name", ["allocate", "crash", pytest.param("spin", marks=pytest.mark.slow)]
)
def test_what_would_harm_this_process(run, name):
    start = time.perf_counter()
    with pytest.raises(OdapiError, match="a library cannot read it with 512 MB in 10 seconds, or"):
        run(name)
    assert time.perf_counter() - start < 100
