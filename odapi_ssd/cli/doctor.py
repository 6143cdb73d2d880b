"""`odapi-ssd doctor`: checks the environment."""

import click

from odapi_ssd.cli.command import Command, Settings, pass_settings

__all__ = ["command"]


@click.command(
    "doctor",
    cls=Command,
    short_help="Check the environment: versions, devices, patches, a model run.",
)
@pass_settings
def command(settings: Settings) -> None:
    """Show versions, devices, and patches with their reasons; build a model and run it once.

    Exits with status 1, and says what to do, if something is wrong.
    """
    from odapi_ssd.cli.console import print_table
    from odapi_ssd.cli.progress_display import PhaseLines
    from odapi_ssd.cli.runtime import quiet_tensorflow

    quiet_tensorflow(settings.verbose)
    import odapi_ssd
    from odapi_ssd import compat
    from odapi_ssd.check import environment as diagnosis

    packages = diagnosis.list_packages()
    rows = [(package.name, package.version, package.expected or "any") for package in packages]
    print_table("Packages", ("package", "installed", "made for"), rows)
    odapi_ssd.register()
    click.echo("Devices: " + ", ".join(diagnosis.list_devices()))
    patches = [
        (report.name, "applied" if report.was_needed else "not needed", report.symptom)
        for report in compat.reports()
    ]
    print_table("Patches of compat/", ("patch", "here", "without it"), patches)
    seconds = diagnosis.run_model(PhaseLines())
    click.echo(f"Model: works ({seconds:.0f} s).")
    diagnosis.require_expected(packages)
    click.echo("This environment is ready.")
