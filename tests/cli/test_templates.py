"""`odapi-ssd templates`: the table, one header, and that it needs no TensorFlow."""

import pytest
from click.testing import CliRunner

from odapi_ssd.cli.templates import command
from odapi_ssd.config.templates import template_names
from odapi_ssd.errors import OdapiError
from tests.support.command_line import heavy_imports


def test_the_table_has_a_line_for_each_template():
    result = CliRunner().invoke(command)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert [line.split()[0] for line in lines[2:-1]] == template_names()
    (line,) = (line for line in lines if line.split()[:1] == ["ssd_vgg512_voc"])
    assert line.endswith("  mAP 79.8 on VOC 2007 test (arXiv:1512.02325, table 6, SSD512*)")
    assert {"SSD512,", "512x512", "24,564", "27,188,676", "180"} <= set(line.split())


def test_a_name_shows_that_header():
    result = CliRunner().invoke(command, ["ssd_vgg_voc"])
    assert result.exit_code == 0
    assert result.output.startswith("SSD300 with VGG-16, on Pascal VOC (20 classes).\n")
    assert "#" not in result.output
    assert result.output.splitlines()[-1].endswith("ssd_vgg_voc.config")


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(OdapiError, match="ssd_vgg_voc"):
        CliRunner().invoke(command, ["ssd_vgg_vok"], catch_exceptions=False)


def test_it_needs_no_tensorflow():
    code = "from odapi_ssd.cli.templates import command; command([], standalone_mode=False)"
    heavy, _ = heavy_imports(code)
    assert not {"tensorflow", "numpy", "PIL"} & set(heavy)
