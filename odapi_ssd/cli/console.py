"""What commands print: tables and warnings. Rich on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Iterable, Sequence

import click

from odapi_ssd.errors import printable_lines

__all__ = ["print_table", "print_warnings"]


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a table to standard output; columns of numbers are set to the right.

    Args:
        title: a line above.
        columns: headings.
        rows: as many cells as there are columns; shown through `str`.
    """
    cells = [[printable_lines(str(cell)) for cell in row] for row in rows]
    is_number = [
        bool(cells) and all(_is_number(row[column_idx]) for row in cells)
        for column_idx in range(len(columns))
    ]
    if sys.stdout.isatty():
        _print_rich_table(title, columns, cells, is_number)
        return
    lines = [list(columns), *cells]
    widths = [max(len(line[column_idx]) for line in lines) for column_idx in range(len(columns))]
    click.echo(title)
    for line in lines:
        aligned = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, is_number, strict=True)
        )
        click.echo(("  " + "  ".join(aligned)).rstrip())


def print_warnings(warnings: Iterable[str]) -> None:
    """Prints one line each to standard error."""
    for warning in warnings:
        label = click.style("Warning:", fg="yellow")
        click.echo(f"{label} {printable_lines(warning)}", err=True)


def _print_rich_table(
    title: str, columns: Sequence[str], cells: list[list[str]], is_number: list[bool]
) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left")
    for column, right in zip(columns, is_number, strict=True):
        table.add_column(Text(column), justify="right" if right else "left")
    for row in cells:
        table.add_row(*map(Text, row))
    Console().print(table)


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "").rstrip("%"))
    except ValueError:
        return text in ("", "-", "–")
    return True
