"""The notebook: without outputs, consistent with the command line, and run from top to bottom."""

import json
import re
import shlex
import shutil
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from odapi_ssd.cli.entry_point import command_line
from odapi_ssd.data.synthetic.shapes import write_shapes

_NOTEBOOK = Path(__file__).parents[2] / "colab" / "train_custom_detector.ipynb"
_FIELD = re.compile(r"^(?P<name>\w+) = .*?(?P<form>\s+# @param .*)$", re.MULTILINE)


@pytest.fixture
def notebook() -> nbformat.NotebookNode:
    return nbformat.read(_NOTEBOOK, as_version=4)


def _code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _commands(notebook: nbformat.NotebookNode) -> list[list[str]]:
    """The arguments of each `!odapi-ssd …`; a {variable} is not replaced."""
    lines = [
        line.strip()
        for cell in _code_cells(notebook)
        for line in cell.source.replace("\\\n", " ").splitlines()
    ]
    return [shlex.split(line)[1:] for line in lines if line.startswith("!odapi-ssd")]


def _fill_form(notebook: nbformat.NotebookNode, **values: object) -> None:
    """Gives form fields other values, as a user does. KeyError if there is no such field."""
    filled = set()

    def fill(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in values:
            return match[0]
        filled.add(name)
        return f"{name} = {values[name]!r}{match['form']}"

    for cell in _code_cells(notebook):
        cell.source = _FIELD.sub(fill, cell.source)
    if filled != set(values):
        raise KeyError(f"no form fields {sorted(set(values) - filled)}")


def _drop_cells(notebook: nbformat.NotebookNode, *names: str, after: str = "") -> None:
    """Drops the cells with these ids, and all that follow the cell `after`."""
    ids = [cell.id for cell in notebook.cells]
    dropped = {*names, *(ids[ids.index(after) + 1 :] if after else ())}
    assert dropped <= set(ids)
    notebook.cells = [cell for cell in notebook.cells if cell.id not in dropped]


def test_is_valid_and_has_no_outputs(notebook):
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert cell.metadata == {}, cell.id
    for cell in _code_cells(notebook):
        assert (cell.outputs, cell.execution_count) == ([], None), cell.id
    assert set(notebook.metadata) == {"accelerator", "colab", "kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"


def test_code_cells_are_python(notebook):
    to_python = TransformerManager().transform_cell
    for cell in _code_cells(notebook):
        compile(to_python(cell.source), cell.id, "exec")


def test_each_code_cell_is_introduced_by_text(notebook):
    kinds = [cell.cell_type for cell in notebook.cells]
    assert "code code" not in " ".join(kinds)


def test_the_commands_are_the_whole_journey_in_its_order(notebook):
    names = [arguments[0] for arguments in _commands(notebook)]
    assert names == [
        "--version", "doctor", "shapes", "convert", "configure", "check", "train", "evaluate",
        "export", "detect",
    ]  # fmt: skip


def test_every_command_takes_the_flags_that_the_notebook_gives_it(notebook):
    for name, *arguments in _commands(notebook):
        if name == "--version":
            continue
        command = command_line.get_command(None, name)
        assert command is not None, name
        context = command.context_class(command, info_name=name)
        given, _, _ = command.make_parser(context).parse_args(list(arguments))
        missing = [one.name for one in command.params if one.required and one.name not in given]
        assert not missing, name


@pytest.fixture
def kernel_manager(tmp_path, monkeypatch):
    """A kernel of the interpreter that runs the tests, whatever kernels the user has."""
    from ipykernel.kernelspec import write_kernel_spec
    from jupyter_client import KernelManager
    from jupyter_client.kernelspec import KernelSpecManager

    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    kernels_dir = tmp_path / "kernels"
    kernels_dir.mkdir()
    write_kernel_spec(kernels_dir / "python3")
    specs = KernelSpecManager(kernel_dirs=[str(kernels_dir)], ensure_native_kernel=False)
    manager = KernelManager(kernel_name="python3", kernel_spec_manager=specs)
    yield manager
    # nbclient ends only the kernels whose manager it has made itself.
    if manager.has_kernel:
        manager.shutdown_kernel(now=True)
    assert not manager.is_alive()


def _execute(notebook, kernel_manager, directory: Path) -> None:
    """Runs all cells in a directory; raises nbclient's CellExecutionError if one fails."""
    from nbclient import NotebookClient

    directory.mkdir()
    resources = {"metadata": {"path": str(directory)}}
    NotebookClient(notebook, km=kernel_manager, timeout=300, resources=resources).execute()


def _printed(cell: nbformat.NotebookNode) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


@pytest.mark.tf
@pytest.mark.slow
def test_runs_from_top_to_bottom(notebook, kernel_manager, tmp_path):
    _fill_form(notebook, num_images=24, num_steps=4, batch_size=2, num_pictures=2, min_score=0)

    _execute(notebook, kernel_manager, tmp_path / "work")

    output_dir = tmp_path / "work" / "my_detector"
    metrics = json.loads((output_dir / "model" / "eval" / "metrics.json").read_text())
    assert (metrics["step"], metrics["num_images"]) == (4, 3)
    assert (output_dir / "exported" / "saved_model" / "saved_model.pb").is_file()
    assert (output_dir / "exported.zip").is_file()
    entries = json.loads((output_dir / "detections" / "detections.json").read_text())
    test_list = output_dir / "shapes" / "ImageSets" / "Main" / "test.txt"
    assert [Path(entry["image"]).stem for entry in entries] == test_list.read_text().split()
    for entry in entries:
        assert (output_dir / "detections" / Path(entry["image"]).name).is_file()
    cells = {cell.id: cell for cell in notebook.cells}
    for name, num_pictures in (("look", 2), ("detect", len(entries))):
        kinds = [output.output_type for output in cells[name].outputs]
        assert kinds.count("display_data") == num_pictures, name
    # Plain lines: a notebook does not understand what rich does to a terminal.
    assert "step 4/4" in _printed(cells["train"])
    assert not any("\x1b" in _printed(cell) for cell in _code_cells(notebook))


@pytest.mark.tf
@pytest.mark.slow
def test_takes_a_zip_of_your_own_data(notebook, kernel_manager, tmp_path):
    write_shapes(tmp_path / "mine" / "cells", num_images=6, seed=1)
    archive = shutil.make_archive(str(tmp_path / "mine"), "zip", tmp_path / "mine")
    _fill_form(notebook, my_data=archive)
    _drop_cells(notebook, "doctor", after="convert")

    _execute(notebook, kernel_manager, tmp_path / "work")

    records_dir = tmp_path / "work" / "my_detector" / "records"
    splits = json.loads((records_dir / "dataset.json").read_text())["splits"]
    assert sum(split["num_examples"] for split in splits.values()) == 6


@pytest.mark.slow
def test_a_command_that_fails_stops_the_notebook(notebook, kernel_manager, tmp_path):
    from nbclient.exceptions import CellExecutionError

    _fill_form(notebook, my_data="no_such_folder")
    _drop_cells(notebook, "doctor", "look")

    with pytest.raises(CellExecutionError, match="Failed with status 1, see above: odapi-ssd conv"):
        _execute(notebook, kernel_manager, tmp_path / "work")

    failed = next(cell for cell in notebook.cells if cell.id == "convert")
    assert "no_such_folder does not exist" in _printed(failed)
    assert not any(cell.outputs for cell in notebook.cells if cell.id == "configure")
