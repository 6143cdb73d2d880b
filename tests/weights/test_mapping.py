"""Mapping rules: arrays of a file become values of variables, or the import is refused."""

import numpy as np
import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.weights.mapping import Rule, StoredArray, map_weights


def _stored(**arrays):
    return {
        name: StoredArray(array.shape, lambda array=array: array) for name, array in arrays.items()
    }


def _map(rules, **arrays):
    return map_weights(rules, _stored(**arrays), "weights.pth", "a test's network")


class TestMapping:
    def test_values_become_float32_and_the_rest_is_left(self):
        rule = Rule("layer/kernel", "w", (2, 3), np.transpose)
        mapped = _map([rule], w=np.arange(6.0).reshape(2, 3), unused=np.zeros(2))
        assert mapped.values["layer/kernel"].dtype == np.float32
        np.testing.assert_array_equal(mapped.values["layer/kernel"], [[0, 3], [1, 4], [2, 5]])
        assert mapped.sources == {"layer/kernel": "w"}
        assert mapped.unused == ["unused"]

    def test_all_missing_arrays_are_counted_and_some_named(self):
        rules = [Rule(f"t{number}", f"s{number}", (1,)) for number in range(8)]
        with pytest.raises(OdapiError) as caught:
            _map(rules, s0=np.zeros(1), other=np.zeros(1))
        assert "is not a test's network: it lacks 7 of the 8 arrays" in str(caught.value)
        assert "missing: s1, s2, s3, s4, s5 and 2 more" in str(caught.value)
        assert "there are: s0, other" in str(caught.value)

    def test_shape_mismatches_are_all_named_with_both_shapes(self):
        rules = [Rule("a", "a", (3, 2)), Rule("b", "b", (4,)), Rule("c", "c", ())]
        with pytest.raises(OdapiError) as caught:
            _map(rules, a=np.zeros((2, 3)), b=np.zeros(4), c=np.zeros(1))
        assert caught.value.details == (
            "a: 2x3 in the file, 3x2 expected",
            "c: 1 in the file, scalar expected",
        )

    def test_an_array_of_another_shape_is_not_read(self):
        def read():
            raise AssertionError("read")

        stored = {"huge": StoredArray((10**9, 10**9), read)}
        with pytest.raises(OdapiError, match="1000000000x1000000000 in the file, 3 expected"):
            map_weights([Rule("t", "huge", (3,))], stored, "f", "w")

    @pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
    def test_values_that_are_not_finite(self, bad):
        rules = [Rule("t", "good", (1,)), Rule("u", "bad", (2,))]
        with pytest.raises(OdapiError) as caught:
            _map(rules, good=np.zeros(1), bad=np.array([0.0, bad]))
        assert caught.value.details == ("bad holds values that are NaN or infinite",)

    @pytest.mark.parametrize("kind", ["int64", "bool", "complex64", "S4", "O"])
    def test_arrays_that_are_not_floating_point(self, kind):
        with pytest.raises(OdapiError, match="not floating-point numbers"):
            _map([Rule("t", "s", (2,))], s=np.zeros(2, kind))

    def test_without_rules_all_is_left(self):
        assert _map([], a=np.zeros(1)).unused == ["a"]
