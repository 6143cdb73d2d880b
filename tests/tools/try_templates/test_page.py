"""The page docs/templates.md."""

from tools.try_templates.page import COLUMNS, write_page


def _row(template: str, outcome: str) -> dict[str, str]:
    return dict.fromkeys(COLUMNS, "1") | {"template": f"`{template}`", "outcome": outcome}


def _rows(page: str) -> list[str]:
    return [line for line in page.splitlines() if line.startswith("| `")]


def test_rows_are_sorted_by_template(tmp_path):
    path = tmp_path / "page.md"
    write_page(path, [_row("b", "all done"), _row("a", "train: out of memory")])
    numbers = "1 | " * 8
    assert _rows(path.read_text()) == [
        f"| `a` | {numbers}train: out of memory | 1 |",
        f"| `b` | {numbers}all done | 1 |",
    ]
    assert f"--write {path}`" in path.read_text()


def test_rows_of_other_templates_are_kept(tmp_path):
    path = tmp_path / "page.md"
    write_page(path, [_row("a", "first"), _row("b", "first")])
    write_page(path, [_row("b", "second"), _row("c", "second")])
    cells = [line.strip("| ").split(" | ") for line in _rows(path.read_text())]
    assert [(row[0], row[-2]) for row in cells] == [
        ("`a`", "first"), ("`b`", "second"), ("`c`", "second"),
    ]  # fmt: skip
