"""Changes a module right after its import, so that it need not be imported just to be patched.

Or has something else hold while it is imported.

Not a patch itself: patches of the API's own modules are made with it. A module that is run as a
program (`python -m`, runpy) is not imported, and so not changed.
"""

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

Change = Callable[[types.ModuleType], None]
Context = Callable[[], AbstractContextManager[None]]


def after_import(name: str, change: Change) -> None:
    """Calls `change(module)` right after the module's import, or now if it is imported already.

    Args:
        name: the module's full name.
        change: changes the module. It runs before any importer sees the module, except within a
            cycle of imports.
    """
    if name in sys.modules:
        change(sys.modules[name])
        return
    _install()
    _finder.changes.setdefault(name, []).append(change)


def around_import(name: str, context: Context) -> None:
    """Has a module's code run within a context; too late, and without effect, once it has run.

    Args:
        name: the module's full name.
        context: makes a context manager; the last one given counts.
    """
    _install()
    _finder.contexts[name] = context


def _install() -> None:
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the modules that are to be changed on `sys.path`, and no others."""

    def __init__(self) -> None:
        self.changes: dict[str, list[Change]] = {}
        self.contexts: dict[str, Context] = {}

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: types.ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self.changes and fullname not in self.contexts:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, importlib.abc.Loader):
            context = self.contexts.get(fullname, nullcontext)
            _change_after_execution(spec.loader, self.changes.get(fullname, []), context)
        return spec


def _change_after_execution(
    loader: importlib.abc.Loader, changes: Sequence[Change], context: Context
) -> None:
    # Replaced on the loader itself, which belongs to this one import: a wrapper would have to
    # forward everything else that a loader offers (source, code, data).
    execute = loader.exec_module

    def exec_module(module: types.ModuleType) -> None:
        with context():
            execute(module)
        for change in changes:
            change(module)

    loader.exec_module = exec_module  # type: ignore[method-assign]


_finder = _Finder()
