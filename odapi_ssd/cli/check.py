"""`odapi-ssd check`: finds what would go wrong later with a pipeline config."""

import click

from odapi_ssd.cli.command import Command, Settings, pass_settings
from odapi_ssd.cli.options import pipeline_config_option, set_option

__all__ = ["command"]


@click.command("check", cls=Command)
@pipeline_config_option("The pipeline config to check.")
@set_option
@pass_settings
def command(settings: Settings, pipeline_config_path: str, assignments: tuple[str, ...]) -> None:
    """Check a pipeline config and the data that it names.

    Finds what would go wrong in training or evaluation: paths and records, label map and classes,
    feature extractor, anchors for the input size, learning-rate schedule, checkpoint. Relative
    paths start at the current folder.
    """
    from odapi_ssd.check.report import check_config
    from odapi_ssd.cli.console import print_table, print_warnings
    from odapi_ssd.cli.runtime import quiet_tensorflow
    from odapi_ssd.config.files import load_config

    quiet_tensorflow(settings.verbose)
    report = check_config(load_config(pipeline_config_path, assignments))
    print_table(pipeline_config_path, ("what", "value"), report.facts)
    print_warnings(map(str, report.warnings))
    report.raise_problems(pipeline_config_path)
    click.echo("OK")
