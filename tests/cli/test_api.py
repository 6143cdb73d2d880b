import pytest

from odapi_ssd.plugin import api_programs
from tests.support.command_line import run_odapi_ssd


def test_everything_after_the_module_is_the_module_s(invoke, monkeypatch):
    calls = []
    monkeypatch.setattr(api_programs, "run_module", lambda *call: calls.append(call))
    assert invoke("api", "--verbose", "a.b", "--help", "-x", "--verbose", "y").exit_code == 0
    assert invoke("api", "a.b").exit_code == 0
    assert calls == [("a.b", ("--help", "-x", "--verbose", "y")), ("a.b", ())]


@pytest.mark.tf
def test_it_runs_a_module_and_passes_its_status_on():
    completed = run_odapi_ssd("api", "model_main_tf2", "--helpfull")
    assert "--checkpoint_every_n" in completed.stdout
    for name in ("no_such_module", "protos"):
        completed = run_odapi_ssd("api", name)
        assert completed.returncode == 1
        assert f"no module '{name}' that can be run" in completed.stderr
