"""Messages that are not for users; the rest of judging is tested through the worker processes."""

import pytest

from tools.fuzz.judging import unfit_for_users


@pytest.mark.parametrize(
    "message",
    [
        "",
        " \n",
        "a.pth: Traceback (most recent call last)",
        "ckpt-1: not an sstable (bad magic number)",
        "{{function_node __wrapped__Restore}} Read less bytes than requested",
        "dataset.json: KeyError: 'splits'",
        "a.xml: 'utf-8' codec can't decode byte 0xff",
        "<object at 0x7f3a>: object at 0x7f3a",
        "a class \x1b[2J",
        "a name \udcff",
        "x" * 10_001,
    ],
)
def test_an_unfit_message(message):
    assert list(unfit_for_users(message))


@pytest.mark.parametrize(
    "message",
    [
        "image.jpg: truncated JPEG (2,000 of 48,211 bytes).\nWhat to do: re-export it.",
        "a.xml, object 1: (日本語) <xmin> is 'nan', expected a finite number of pixels",
        "\n".join(["x" * 9_999] * 3),
    ],
)
def test_a_fit_message(message):
    assert list(unfit_for_users(message)) == []


def test_what_differs_from_case_to_case_is_left_out():
    first, second = (f"Errno {number}: the file case-{number}.xml" for number in (2, 13))
    assert list(unfit_for_users(first)) == list(unfit_for_users(second)) != []
