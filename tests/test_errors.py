import concurrent.futures
import pickle

import pytest

from odapi_ssd.errors import (
    OdapiError,
    OptionError,
    printable_lines,
    require_at_least,
    require_between,
    require_not_empty,
)

_FULL = OdapiError("2 faults in data:", details=("a.xml: no size", "b.xml: empty"), hint="fix it.")


def test_the_message_is_problem_details_and_hint():
    assert str(OdapiError("No such file: a.")) == "No such file: a."
    assert str(_FULL) == (
        "2 faults in data:\n  - a.xml: no size\n  - b.xml: empty\nWhat to do: fix it."
    )


def test_an_option_error_names_its_option_first():
    error = OptionError("num_shards", "is 0; 1 or more was expected.", hint="leave it out.")
    assert isinstance(error, OdapiError)
    assert error.option == "num_shards"
    assert str(error) == "--num_shards is 0; 1 or more was expected.\nWhat to do: leave it out."


class _ThreeArgumentError(OdapiError):
    def __init__(self, one: str, two: str, three: str):
        self.three = three
        super().__init__(one + two)


@pytest.mark.parametrize(
    "error",
    [
        OdapiError("text"),
        _FULL,
        OptionError("seed", "is odd.", hint="give an even one."),
        _ThreeArgumentError("a", "b", "c"),
    ],
)
def test_pickling_keeps_everything(error):
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert copy.args == error.args
    assert vars(copy) == vars(error)


def _fail() -> None:
    raise OptionError("seed", "is odd.")


def test_it_leaves_a_worker_process_as_it_was():
    with (
        concurrent.futures.ProcessPoolExecutor(1) as pool,
        pytest.raises(OptionError, match="--seed is odd") as raised,
    ):
        pool.submit(_fail).result()
    assert raised.value.option == "seed"


@pytest.mark.parametrize("value", [None, 3, 4])
def test_enough_passes(value):
    require_at_least("num_images", value, 3)


@pytest.mark.parametrize("value", [2, 0, -1, float("nan")])
def test_too_little_is_refused(value):
    with pytest.raises(OptionError) as raised:
        require_at_least("num_images", value, 3)
    assert raised.value.option == "num_images"
    assert raised.value.problem == f"--num_images is {value}; 3 or more was expected."


@pytest.mark.parametrize("value", [None, 1, 4, 2_000])
def test_a_number_of_a_range_passes(value):
    require_between("size", value, 1, 2_000)


@pytest.mark.parametrize("value", [0, -1, 2_001, float("nan")])
def test_a_number_outside_its_range_is_refused(value):
    with pytest.raises(OptionError, match=f"--size is {value}; a number from 1 to 2,000 was exp"):
        require_between("size", value, 1, 2_000)


@pytest.mark.parametrize("path", [None, "a", "."])
def test_a_path_passes(path):
    require_not_empty("model_dir", path)


@pytest.mark.parametrize("path", ["", " "])
def test_an_empty_path_is_refused(path):
    with pytest.raises(OptionError, match="--model_dir is empty; a path was expected"):
        require_not_empty("model_dir", path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("Löwe\n日本語 🐕", "Löwe\n日本語 🐕"),
        ("\x1b[2J\ta\r\x00", "\\x1b[2J\\ta\\r\\x00"),
        ("\x7f\x85", "\\x7f\\x85"),
        ("name\udcff.jpg", "name\\udcff.jpg"),
        ("x" * 2000, "x" * 2000),
        ("a" * 1000 + "b" + "c" * 1000 + "\nd",
         "a" * 1000 + " … (1 more) … " + "c" * 1000 + "\nd"),
    ],
)  # fmt: skip
def test_what_a_terminal_may_show(text, expected):
    assert printable_lines(text) == expected


def test_a_message_holds_nothing_else():
    error = OdapiError("class \x1b[2J", details=["a\udcff.xml"], hint="rename \x07.")
    assert (error.problem, error.details) == ("class \\x1b[2J", ("a\\udcff.xml",))
    assert error.hint == "rename \\x07."
