"""Runs the API's own programs in this process, on this stack, with the plugin registered."""

import importlib
import importlib.util
import runpy
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from odapi_ssd import plugin
from odapi_ssd.errors import OdapiError
from odapi_ssd.plugin.swapping import swapped

__all__ = ["loaded_program", "run_module"]

_PACKAGE = "object_detection"


def run_module(module: str, arguments: Sequence[str]) -> None:
    """Runs a module of the API as `python -m object_detection.<module>` would.

    Args:
        module: its name, with or without the leading `object_detection.` or a trailing `.py`.
        arguments: its command line, the program's name aside.
    Raises:
        OdapiError: the API has no such module, or it needs Apache Beam, which is not here.
        SystemExit: the module's own exit status.
    """
    plugin.register()
    full_name = _full_name(module)
    try:
        with swapped(sys, "argv", [full_name, *arguments]):
            runpy.run_module(full_name, run_name="__main__", alter_sys=True)
    except NameError as error:
        # These modules go on without the package, up to its first use.
        if error.name != "beam" or importlib.util.find_spec("apache_beam"):
            raise
        raise OdapiError(
            f"{full_name} needs Apache Beam, which is not installed.",
            hint="pip install 'odapi-ssd[beam]'",
        ) from error


@contextmanager
def loaded_program(name: str, flag_values: Mapping[str, Any]) -> Iterator[Any]:
    """Imports a program of the API (a module with absl flags and `main`), its flags set.

    absl has one set of flags per process, which two of the API's programs cannot share, as both
    define `pipeline_config_path`: in the block the program's flags are there, afterwards not.

    Args:
        name: `model_main_tf2` or the like.
        flag_values: its flags; None leaves a flag's default.
    Yields:
        The module.
    """
    plugin.register()
    from absl import flags

    full_name = f"{_PACKAGE}.{name}"
    arguments = [f"--{flag}={value}" for flag, value in flag_values.items() if value is not None]
    try:
        program = importlib.import_module(full_name)
        flags.FLAGS.unparse_flags()
        flags.FLAGS([full_name, *arguments])
        yield program
    finally:
        for flag in list(flags.FLAGS.flags_by_module_dict().get(full_name, [])):
            delattr(flags.FLAGS, flag.name)
        sys.modules.pop(full_name, None)


def _full_name(module: str) -> str:
    name = module.removesuffix(".py").replace("/", ".").removeprefix(f"{_PACKAGE}.")
    full_name = f"{_PACKAGE}.{name}"
    try:
        spec = importlib.util.find_spec(full_name)
    except ModuleNotFoundError:
        spec = None
    is_package = spec is not None and spec.submodule_search_locations is not None
    if spec is None or (is_package and importlib.util.find_spec(f"{full_name}.__main__") is None):
        raise OdapiError(
            f"The Object Detection API has no module {module!r} that can be run.",
            hint="name it as in `python -m object_detection.MODULE`, for example model_main_tf2, "
            "exporter_main_v2 or builders.model_builder_tf2_test.",
        )
    return full_name
