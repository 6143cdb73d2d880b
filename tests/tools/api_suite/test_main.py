"""The command line of scripts/api_tests.sh; test_suite.py runs files."""

import sys

import pytest

from tools.api_suite.__main__ import main


def test_an_unknown_file_is_a_wrong_call(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["api_tests.sh", "core/", "no_such_test"])
    assert main() == 2
    assert capsys.readouterr().err == "No test file begins with no_such_test.\n"


@pytest.mark.parametrize("argument", ["core/", "--without_odapi_ssd"])
def test_the_page_is_written_of_all_files_both_ways(argument, monkeypatch, capsys, tmp_path):
    page = tmp_path / "page.md"
    monkeypatch.setattr(sys, "argv", ["api_tests.sh", "--write", str(page), argument])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "--write runs all files" in capsys.readouterr().err
    assert not page.exists()
