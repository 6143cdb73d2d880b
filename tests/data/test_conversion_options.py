import pytest

from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.errors import OptionError


@pytest.mark.parametrize(
    "values",
    [
        {"max_side": 31},
        {"num_shards": 0},
        {"num_workers": 0},
        {"val_fraction": 1.0},
        {"val_fraction": 0},
    ],
)
def test_numbers_out_of_range(values):
    (name,) = values
    with pytest.raises(OptionError, match=name):
        ConversionOptions(**values)


def test_the_options_of_single_images():
    assert ConversionOptions(max_side=32).for_examples().max_side == 32
    assert ConversionOptions().for_examples().max_side is None
