"""Changes a module right after its import, so that it need not be imported just to be patched.

Not a patch itself: patches of the API's own modules are made with it. A module that is run as a
program (`python -m`, runpy) is not imported, and so not changed.
"""

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Callable, Sequence

Change = Callable[[types.ModuleType], None]


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
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
    _finder.changes.setdefault(name, []).append(change)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the modules that are to be changed on `sys.path`, and no others."""

    def __init__(self) -> None:
        self.changes: dict[str, list[Change]] = {}

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: types.ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self.changes:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, importlib.abc.Loader):
            _change_after_execution(spec.loader, self.changes[fullname])
        return spec


def _change_after_execution(loader: importlib.abc.Loader, changes: Sequence[Change]) -> None:
    # Replaced on the loader itself, which belongs to this one import: a wrapper would have to
    # forward everything else that a loader offers (source, code, data).
    execute = loader.exec_module

    def exec_module(module: types.ModuleType) -> None:
        execute(module)
        for change in changes:
            change(module)

    loader.exec_module = exec_module  # type: ignore[method-assign]


_finder = _Finder()
