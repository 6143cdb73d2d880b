import pytest

from odapi_ssd.data.numbers import finite_number, shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1.0), (" -2.5e3\n", -2500.0), ("1e-400", 0.0), ("9" * 1000, None), ("1e999", None),
        ("nan", None), ("-inf", None), ("1_000", None), ("", None), ("0x10", None), ("1,5", None),
    ],
)  # fmt: skip
def test_finite_number(text, expected):
    assert finite_number(text) == expected


def test_shown():
    assert shown("a\n") == r"'a\n'"
    assert shown("9" * 1000) == f"'{'9' * 39}…"
