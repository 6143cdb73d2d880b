"""The names of cases."""

import pytest

from tools.fuzz.case import CaseId, parse_case


def test_the_text_gives_the_case_back():
    case = CaseId("images", 7, 1234)
    assert str(case) == "images:7:1234"
    assert parse_case(str(case)) == case


@pytest.mark.parametrize("text", ["", "images", "images:7", "images:7:x", "images:-1:0", "a:1:2:3"])
def test_another_text_is_refused(text):
    with pytest.raises(ValueError, match="is not a case"):
        parse_case(text)


def test_the_same_case_draws_the_same_and_others_do_not():
    draws = {
        CaseId(*case).generator().random()
        for case in (("xml", 1, 2), ("xml", 1, 2), ("xml", 1, 3), ("xml", 2, 2), ("images", 1, 2))
    }
    assert len(draws) == 4
