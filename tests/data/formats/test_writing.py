import pytest

from odapi_ssd.cli.convert import command
from odapi_ssd.data.formats import find_writer, format_names, writer_names
from odapi_ssd.errors import OptionError


def test_an_unknown_target():
    with pytest.raises(OptionError, match="to is 'pascal'; expected one of tfrecord"):
        find_writer("pascal")


@pytest.mark.parametrize(("option", "names"), [("format", format_names), ("to", writer_names)])
def test_the_command_line_offers_all_formats(option, names):
    (parameter,) = (one for one in command.params if one.name == option)
    assert sorted(parameter.type.choices) == sorted(names())
