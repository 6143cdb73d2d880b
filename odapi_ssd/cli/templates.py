"""`odapi-ssd templates`: lists the templates."""

import click

from odapi_ssd.cli.command import Command

__all__ = ["command"]


@click.command("templates", cls=Command)
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """List the templates; with NAME, show the header of one: data, cost, model, sources.

    `odapi-ssd configure --template NAME` makes a config from one. Parameters and GFLOPs (billions
    of operations per image, a multiply-add being 2) are for the template's own number of classes
    and input size. Published results are for the architecture as its source trained it.
    """
    from odapi_ssd.cli.console import print_table
    from odapi_ssd.config.templates import find_template, read_facts, read_header, template_names

    if name is not None:
        path = find_template(name)
        click.echo(f"{read_header(path)}\n\nFile: {path}")
        return
    rows = [
        (
            facts.name,
            f"{facts.architecture}, {facts.backbone}",
            facts.image_size,
            facts.anchors,
            facts.parameters,
            facts.gflops,
            facts.published,
        )
        for facts in map(read_facts, template_names())
    ]
    columns = ("template", "model", "input", "anchors", "parameters", "GFLOPs", "published")
    print_table("Templates", columns, rows)
    click.echo("More on one: odapi-ssd templates NAME")
