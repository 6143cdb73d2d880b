"""What commands print: tables, progress and warnings. Rich on a terminal, plain lines elsewhere."""

import contextlib
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import click

__all__ = ["Advance", "print_table", "print_warnings", "progress"]

_SECONDS_BETWEEN_LINES = 10.0


class Advance(Protocol):
    """Tells that work went on: `advance()` by one, `advance(n)` by n; `total` may come late."""

    def __call__(self, count: int = 1, *, total: int | None = None) -> None:
        """Moves on."""


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a table to standard output; columns of numbers are set to the right.

    Args:
        title: a line above.
        columns: headings.
        rows: as many cells as there are columns; shown through `str`.
    """
    cells = [[str(cell) for cell in row] for row in rows]
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
        click.echo(f"{label} {warning}", err=True)


@contextlib.contextmanager
def progress(total: int | None, description: str) -> Iterator[Advance]:
    """Shows how far some work is, on standard output.

    Args:
        total: how many steps there are; None if that is told later, through `advance`.
        description: what is being done.

    Yields:
        A function to call after each step.
    """
    shown = _rich_progress if sys.stdout.isatty() else _plain_progress
    with shown(total, description) as advance:
        yield advance


@contextlib.contextmanager
def _rich_progress(total: int | None, description: str) -> Iterator[Advance]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as bar:
        task = bar.add_task(description, total=total)

        def advance(count: int = 1, *, total: int | None = None) -> None:
            if total is not None:
                bar.update(task, total=total)
            bar.advance(task, count)

        yield advance


@contextlib.contextmanager
def _plain_progress(total: int | None, description: str) -> Iterator[Advance]:
    done, known_total, last_line = 0, total, time.monotonic()

    def advance(count: int = 1, *, total: int | None = None) -> None:
        nonlocal done, known_total, last_line
        known_total = total if total is not None else known_total
        done += count
        is_finished = done == known_total
        if is_finished or time.monotonic() - last_line >= _SECONDS_BETWEEN_LINES:
            last_line = time.monotonic()
            click.echo(f"{description}: {done}" + (f"/{known_total}" if known_total else ""))

    yield advance


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
