from pathlib import Path

import pytest

from odapi_ssd.cli.entry_point import command_line
from odapi_ssd.deployment import export
from odapi_ssd.deployment.input_types import INPUT_TYPES

_REQUIRED = (
    "--pipeline_config_path", "c", "--trained_checkpoint_dir", "m", "--output_directory", "e",
)  # fmt: skip


@pytest.fixture
def exported_flags(monkeypatch):
    """Stands for the export: the flags of its calls."""
    calls = []

    def export_checkpoint(flags, progress, *, overwrite):
        calls.append(flags)
        progress.phase("Tracing")
        return Path("e/saved_model")

    monkeypatch.setattr(export, "export", export_checkpoint)
    return calls


def test_phases_and_what_was_written(invoke, exported_flags):
    result = invoke("export", *_REQUIRED)
    assert result.exit_code == 0
    assert result.stdout == "Starting TensorFlow\nTracing\nWritten: e/saved_model\n"


def test_flags_that_are_not_given_are_none(invoke, exported_flags):
    invoke("export", *_REQUIRED, "--nouse_side_inputs", "-config_override", "model {}")
    (flags,) = exported_flags
    assert {name: value for name, value in flags.items() if value is not None} == {
        "pipeline_config_path": "c",
        "trained_checkpoint_dir": "m",
        "output_directory": "e",
        "use_side_inputs": False,
        "config_override": "model {}",
    }
    assert None in flags.values()


def test_an_unknown_input_type_is_2(invoke):
    result = invoke("export", *_REQUIRED, "--input_type", "image")
    assert result.exit_code == 2
    assert "Error: --input_type is 'image'; one of image_tensor, " in result.stderr


def test_help_lists_every_input_type():
    command = command_line.get_command(None, "export")
    (option,) = (one for one in command.params if one.name == "input_type")
    assert all(name in option.help for name in INPUT_TYPES)
