"""Changes of modules right after their import."""

import contextlib
import importlib
import inspect
import os
import sys

from odapi_ssd.compat.after_import import after_import, around_import


def test_a_module_is_changed_as_it_is_imported(tmp_path, monkeypatch):
    (tmp_path / "some_late_module.py").write_text("value = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    after_import("some_late_module", lambda module: setattr(module, "value", module.value + 1))
    after_import("some_late_module", lambda module: setattr(module, "value", module.value * 10))
    assert "some_late_module" not in sys.modules
    module = importlib.import_module("some_late_module")
    assert module.value == 20
    assert inspect.getsource(module) == "value = 1\n"
    assert importlib.reload(module).value == 20


def test_an_imported_module_is_changed_now(tmp_path, monkeypatch):
    (tmp_path / "some_early_module.py").write_text("value = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("some_early_module")
    after_import("some_early_module", lambda module: setattr(module, "value", 5))
    assert module.value == 5


def test_a_context_holds_while_the_module_runs(tmp_path, monkeypatch):
    (tmp_path / "some_module_within.py").write_text("import os\nvalue = os.environ.get('WITHIN')\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    @contextlib.contextmanager
    def within():
        monkeypatch.setenv("WITHIN", "yes")
        yield
        monkeypatch.delenv("WITHIN")

    around_import("some_module_within", within)
    assert importlib.import_module("some_module_within").value == "yes"
    assert "WITHIN" not in os.environ
