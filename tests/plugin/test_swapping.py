import types

import pytest

from odapi_ssd.plugin.swapping import swapped


class _Program:
    step = "stock"


def test_a_module_s_attribute_is_swapped_for_the_block_alone():
    module = types.ModuleType("stock")
    module.build = "stock"
    with swapped(module, "build", "ours") as original:
        assert (module.build, original) == ("ours", "stock")
    assert module.build == "stock"


def test_a_class_s_attribute_is_seen_by_its_objects():
    program = _Program()
    with swapped(_Program, "step", "ours"):
        assert program.step == "ours"
    assert program.step == "stock"


def test_a_dict_s_item():
    table = {"model_build": "stock", "other": "other"}
    with swapped(table, "model_build", "ours"):
        assert table == {"model_build": "ours", "other": "other"}
    assert table == {"model_build": "stock", "other": "other"}


def test_the_original_is_put_back_after_an_error():
    table = {"model_build": "stock"}
    with pytest.raises(KeyboardInterrupt), swapped(table, "model_build", "ours"):
        raise KeyboardInterrupt
    assert table == {"model_build": "stock"}


def test_swaps_of_the_same_name_nest():
    table = {"model_build": 0}
    with swapped(table, "model_build", 1):
        with swapped(table, "model_build", 2) as original:
            assert original == 1
        assert table == {"model_build": 1}
    assert table == {"model_build": 0}


@pytest.mark.parametrize(("owner", "error"), [(_Program, AttributeError), ({}, KeyError)])
def test_a_name_that_is_not_there_is_an_error(owner, error):
    with pytest.raises(error), swapped(owner, "misspelled", "ours"):
        pass
    assert not hasattr(_Program, "misspelled")
