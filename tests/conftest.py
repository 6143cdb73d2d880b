"""Fixtures for all tests."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from odapi_ssd.checkpoints.trained_config import NOTE_NAME
from tests.support.recorded_progress import RecordedProgress
from tests.support.runs import Run

_LONGEST = (
    "test_quickstart.py",
    "tools/api_suite/test_suite.py",
    "training/test_run.py",
    "configure/test_trained_modes.py",
    "tools/api_suite/test_given_files.py",
    "weights/test_run.py",
    "weights/test_detector_parity.py",
    "weights/test_backbone.py",
)
_PROJECT_DIR = Path(__file__).resolve().parents[1]


def pytest_configure() -> None:
    """Lets signals reach this process and those that tests start.

    A shell's background job ignores Ctrl-C, one of `nohup` SIGHUP, and so does all that it starts.
    """
    for number, handler in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGTERM, signal.SIG_DFL),
        (signal.SIGHUP, signal.SIG_DFL),
    ):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take minutes first: with several processes, the others run beside them."""

    def rank(item: pytest.Item) -> int:
        name = item.path.relative_to(_PROJECT_DIR / "tests").as_posix()
        return _LONGEST.index(name) if name in _LONGEST else len(_LONGEST)

    items.sort(key=rank)


@pytest.fixture(scope="session")
def api() -> None:
    """The API can be imported, inside the test."""
    import odapi_ssd

    odapi_ssd.register()


@pytest.fixture(scope="session")
def bccd_dir() -> Path:
    """The real BCCD dataset in the VOC layout; never part of the project."""
    default = _PROJECT_DIR.parent / "shared" / "data" / "bccd"
    path = Path(os.environ.get("ODAPI_SSD_BCCD_DIR", default))
    if not path.is_dir():
        pytest.skip(f"no BCCD data in {path}; set ODAPI_SSD_BCCD_DIR to run this test")
    return path


@pytest.fixture(scope="session")
def shapes_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small synthetic dataset in the VOC layout: 24 images."""
    from odapi_ssd.data.synthetic.shapes import write_shapes

    directory = tmp_path_factory.mktemp("shapes") / "data"
    write_shapes(directory, num_images=24, seed=3)
    return directory


@pytest.fixture(scope="session")
def records_dir(shapes_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The records of shapes_dir: splits train, val and test."""
    from odapi_ssd.data.convert import convert_dataset

    directory = tmp_path_factory.mktemp("records") / "records"
    convert_dataset(shapes_dir, directory)
    return directory


@pytest.fixture(scope="session")
def tiny_config_path(records_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A config for records_dir that builds, traces and steps as fast as the API can."""
    from odapi_ssd import resources
    from odapi_ssd.config.files import load_config, save_config

    template = resources.template_dir() / "ssd_mobilenet_v2_quickstart.config"
    label_map = records_dir / "label_map.pbtxt"
    overrides = {
        "model.ssd.image_resizer.fixed_shape_resizer.height": 96,
        "model.ssd.image_resizer.fixed_shape_resizer.width": 128,
        "model.ssd.feature_extractor.depth_multiplier": 0.35,
        "train_config.batch_size": 2,
        "train_config.num_steps": 7,
        "train_config.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate"
        ".total_steps": 7,
        "train_config.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate"
        ".warmup_steps": 1,
        "train_input_reader.label_map_path": label_map,
        "train_input_reader.tf_record_input_reader.input_path": records_dir / "train.record-*",
        "eval_input_reader[0].label_map_path": label_map,
        "eval_input_reader[0].tf_record_input_reader.input_path": records_dir / "val.record-*",
    }
    config = load_config(template, [f"{path}={value}" for path, value in overrides.items()])
    path = tmp_path_factory.mktemp("config") / "tiny.config"
    save_config(config, path)
    return path


@pytest.fixture(scope="session")
def trained_run(tiny_config_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Seven steps, checkpointed every five."""
    from odapi_ssd.training import run as training

    run = Run(tiny_config_path, tmp_path_factory.mktemp("run") / "model", RecordedProgress())
    training.train(run.options(checkpoint_every_n=5), run.progress)
    return run


@pytest.fixture(scope="session")
def run_without_note(trained_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of trained_run as the API's own loop leaves it: nothing says its config."""
    directory = tmp_path_factory.mktemp("without_note") / "model"
    shutil.copytree(trained_run.model_dir, directory)
    (directory / NOTE_NAME).unlink()
    return directory


@pytest.fixture(scope="session")
def exported_dir(trained_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The export of trained_run."""
    from odapi_ssd.deployment import export as exporting

    directory = tmp_path_factory.mktemp("export") / "exported"
    exporting.export(
        {
            "pipeline_config_path": str(trained_run.config_path),
            "trained_checkpoint_dir": str(trained_run.model_dir),
            "output_directory": str(directory),
        }
    )
    return directory
