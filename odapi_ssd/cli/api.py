"""`odapi-ssd api`: runs any module of the API on this stack."""

import click

from odapi_ssd.cli.command import Command, Settings, pass_settings

__all__ = ["command"]


@click.command(
    "api",
    cls=Command,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    short_help="Run any module of the API on this stack.",
)
@click.argument("module")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGS]…")
@pass_settings
def command(settings: Settings, module: str, arguments: tuple[str, ...]) -> None:
    """Run MODULE of the Object Detection API with ARGS, with this project's models registered.

    MODULE is what follows `python -m object_detection.`: model_main_tf2, exporter_main_v2,
    export_tflite_graph_tf2, builders.model_builder_tf2_test, … Options of this command come before
    MODULE; everything after MODULE is passed on to it.
    """
    from odapi_ssd.cli.runtime import quiet_native_code
    from odapi_ssd.plugin import api_programs

    quiet_native_code(settings.verbose)
    api_programs.run_module(module, arguments)
