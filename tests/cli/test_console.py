"""Tables and warnings, on a terminal and where output goes to a file."""

import io
import re
from contextlib import redirect_stdout

import pytest

from odapi_ssd.cli.console import print_table, print_warnings


class _Terminal(io.StringIO):
    def isatty(self):
        return True


def test_columns_of_numbers_are_right_aligned(capsys):
    rows = [("red", 5, "-"), ("green", "1,200", "99%"), ("no", "–", "")]
    print_table("Colors", ("name", "boxes", "share"), rows)
    assert capsys.readouterr().out == (
        "Colors\n"
        "  name   boxes  share\n"
        "  red        5      -\n"
        "  green  1,200    99%\n"
        "  no         –\n"
    )


def test_one_word_makes_a_column_text(capsys):
    print_table("T", ("a", "b"), [(1, "x"), ("two", "y")])
    assert capsys.readouterr().out == "T\n  a    b\n  1    x\n  two  y\n"


def test_what_comes_from_strangers_cannot_clear_the_screen(capsys):
    print_table("T", ("a",), [("\x1b[2J",)])
    print_warnings(["a class \x1b[2J"])
    shown = capsys.readouterr()
    assert shown.out == "T\n  a\n  \\x1b[2J\n"
    assert "a class \\x1b[2J" in shown.err


def test_no_rows(capsys):
    print_table("T", ("a", "bc"), [])
    assert capsys.readouterr().out == "T\n  a  bc\n"


def test_a_row_that_lacks_a_cell_is_a_fault(capsys):
    with pytest.raises((ValueError, IndexError)):
        print_table("T", ("a", "b"), [(1,)])


def test_on_a_terminal_text_is_never_markup(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    with redirect_stdout(_Terminal()) as terminal:
        print_table("Shapes [bold]", ("name", "boxes"), [("[red]", 5), ("b", 1200)])
    shown = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    assert "Shapes [bold]" in shown
    cells = [re.findall(r"[^\s│┃]+", line) for line in shown.splitlines()]
    assert ["name", "boxes"] in cells
    assert ["[red]", "5"] in cells
    assert ["b", "1200"] in cells
    (line,) = (line for line in shown.splitlines() if "[red]" in line)
    assert line.endswith("    5 │")  # to the right


def test_warnings_are_lines_of_standard_error(capsys):
    print_warnings(["one", "two"])
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "Warning: one\nWarning: two\n"


def test_no_warnings(capsys):
    print_warnings([])
    assert capsys.readouterr() == ("", "")
