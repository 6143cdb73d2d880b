"""No command writes, changes or deletes anything outside of the outputs that its call names.

Each runs in a process of its own, in a world with a home, a temporary folder, a working directory,
inputs and a user's files; the whole of it, and the data outside that it reads, is compared before
and after. Failing and refused calls change nothing at all.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.command_line import run_odapi_ssd
from tests.support.folder_state import changes, state_of

_LIBRARY_FOLDERS = {"MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "KERAS_HOME"}
_LABEL_MAP = "item { id: 1 name: 'circle' display_name: 'Circle' }\n"


@dataclass(frozen=True)
class World:
    """A machine in a folder.

    Attributes:
        root: the folder.
        outside: folders that commands read elsewhere.
    """

    root: Path
    outside: tuple[Path, ...] = ()

    def run(self, call: str, *statuses: int) -> set[str]:
        """Runs a call, which must end with one of the statuses; returns the paths that it changed.

        `IN` and `OUT` in the call are the folders of inputs and outputs.
        """
        places = {"IN": self.root / "in", "OUT": self.root / "out"}
        for name, place in places.items():
            call = call.replace(f"{name}/", f"{place}/")
        before = state_of(self.root, *self.outside)
        done = run_odapi_ssd(
            *call.split(),
            cwd=self.root / "cwd",
            HOME=str(self.root / "home"),
            TMPDIR=str(self.root / "tmp"),
        )
        assert done.returncode in statuses, done.stderr
        assert "Traceback" not in done.stderr
        changed = changes(before, state_of(self.root, *self.outside))
        return {str(Path(path).relative_to(self.root)) for path in changed}

    def assert_writes(self, call: str, output: str) -> None:
        """The call succeeds, and changes just this output: a file, or a folder with its content."""
        changed = self.run(call, 0)
        assert output in changed or any(path.startswith(f"{output}/") for path in changed)
        assert {path for path in changed if not f"{path}/".startswith(f"{output}/")} == set()

    def assert_fails(self, call: str) -> None:
        """The call fails or is refused, and changes nothing."""
        assert self.run(call, 1, 2) == set()


def _make_world(root: Path, monkeypatch: pytest.MonkeyPatch, outside: tuple[Path, ...]) -> World:
    for name in _LIBRARY_FOLDERS:
        monkeypatch.delenv(name, raising=False)
    for name in ("home", "tmp", "cwd", "in", "out/foreign"):
        (root / name).mkdir(parents=True)
    foreign = root / "out" / "foreign"
    (foreign / "JPEGImages").mkdir()
    for name in (
        "JPEGImages/a.jpg", "notes.txt", "dataset.json", "train.record-00000-of-00002",
        "pipeline.config", "detections.json", "metrics.json", "anchors.json",
    ):  # fmt: skip
        (foreign / name).write_text("mine")
    (foreign / "label_map.pbtxt").write_text(_LABEL_MAP)
    return World(root, outside)


@pytest.fixture
def world(tmp_path, shapes_dir, records_dir, monkeypatch) -> World:
    """With a dataset and its records as inputs, and a broken dataset."""
    world = _make_world(tmp_path / "world", monkeypatch, ())
    shutil.copytree(shapes_dir, world.root / "in" / "shapes")
    shutil.copytree(records_dir, world.root / "in" / "records")
    shutil.copytree(shapes_dir, world.root / "in" / "broken")
    next((world.root / "in" / "broken" / "JPEGImages").iterdir()).write_bytes(b"broken")
    return world


@pytest.mark.parametrize(
    ("call", "output"),
    [
        ("shapes --num_images 3 --output_dir OUT/new/shapes", "out/new"),
        ("shapes --num_images 3 --output_dir OUT/foreign --overwrite", "out/foreign/JPEGImages"),
        ("label-map --data_dir IN/shapes --output_path OUT/map.pbtxt", "out/map.pbtxt"),
        ("convert --data_dir IN/shapes --output_dir OUT/new", "out/new"),
        ("convert --data_dir IN/shapes --output_dir IN/records", "in/records"),
        ("inspect --data_dir IN/shapes --output_dir OUT/new/page", "out/new"),
        ("inspect --data_dir IN/broken --output_dir OUT/foreign", "out/foreign"),
        ("inspect --records_dir IN/records --output_dir IN/records", "in/records"),
        (
            "configure --template ssd_vgg_voc --records_dir IN/records --output_path OUT/o.config",
            "out/o.config",
        ),
    ],
)
def test_a_call_that_succeeds_writes_what_it_names(world, call, output):
    if output == "out/foreign/JPEGImages":
        changed = world.run(call, 0)
        tops = {path.removeprefix("out/foreign/").split("/")[0] for path in changed}
        assert tops == {"JPEGImages", "Annotations", "ImageSets", ".odapi-ssd.json"}
    else:
        world.assert_writes(call, output)


@pytest.mark.parametrize(
    "call",
    [
        "shapes --num_images 3 --output_dir OUT/foreign/notes.txt",
        "shapes --num_images 3 --output_dir OUT/foreign",
        "label-map --data_dir IN/none --output_path OUT/new/map.pbtxt",
        "label-map --data_dir IN/shapes --output_path OUT/foreign/label_map.pbtxt",
        "convert --data_dir IN/broken --output_dir OUT/new --num_workers 2",
        "convert --data_dir IN/shapes --output_dir OUT/foreign",
        "inspect --data_dir IN/none --output_dir OUT/new",
        "inspect --data_dir IN/shapes --output_dir OUT/foreign/notes.txt",
        "convert --data_dir IN/shapes --output_dir OUT/foreign "
        "--label_map_path OUT/foreign/label_map.pbtxt",
        "configure --template none --records_dir IN/records --output_path OUT/new/o.config",
        "configure --template ssd_vgg_voc --records_dir IN/records "
        "--output_path OUT/foreign/pipeline.config",
    ],
)
def test_a_call_that_fails_changes_nothing(world, call):
    world.assert_fails(call)


@pytest.mark.parametrize("call", ["--version", "templates", "convert --help"])
def test_a_call_that_names_no_output_changes_nothing(world, call):
    assert world.run(call, 0) == set()


@pytest.mark.tf
@pytest.mark.slow
class TestWithTensorFlow:
    @pytest.fixture
    def world(self, tmp_path, records_dir, trained_run, exported_dir, monkeypatch) -> World:
        """With a config, a run and an export as inputs."""
        world = _make_world(tmp_path / "world", monkeypatch, (records_dir,))
        inputs = world.root / "in"
        shutil.copy(trained_run.config_path, inputs / "pipeline.config")
        shutil.copytree(trained_run.model_dir, inputs / "run")
        shutil.copytree(exported_dir, inputs / "exported")
        return world

    def test_calls_that_succeed(self, world, shapes_dir):
        config = "--pipeline_config_path IN/pipeline.config"
        photo = sorted((shapes_dir / "JPEGImages").iterdir())[0]
        (world.root / "in" / "photos").mkdir()
        shutil.copy(photo, world.root / "in" / "photos")
        world.assert_writes(f"anchors {config} --output_dir OUT/anchors", "out/anchors")
        world.assert_writes(f"train {config} --model_dir OUT/run --num_train_steps 1", "out/run")
        world.assert_writes(
            f"evaluate {config} --checkpoint_dir IN/run --output_dir OUT/eval", "out/eval"
        )
        world.assert_writes(
            f"export {config} --trained_checkpoint_dir IN/run --output_directory OUT/exported",
            "out/exported",
        )
        model = "--saved_model_dir IN/exported/saved_model "
        model += "--label_map_path IN/exported/label_map.pbtxt"
        world.assert_writes(f"detect {model} --output_dir OUT/drawn IN/photos", "out/drawn")
        changed = world.run(f"detect {model} --output_dir IN/photos IN/photos", 0)
        assert changed == {
            "in/photos/.odapi-ssd.json",
            "in/photos/detections.json",
            f"in/photos/{photo.stem}_2{photo.suffix}",
        }

    def test_calls_that_fail_or_are_refused(self, world):
        config = "--pipeline_config_path IN/pipeline.config"
        model = "--label_map_path IN/exported/label_map.pbtxt --saved_model_dir"
        foreign, photo = "OUT/foreign", "OUT/foreign/JPEGImages/a.jpg"
        (world.root / "in" / "w.pth").write_bytes(b"no weights")
        imported = "import-weights --from tutorial --weights IN/w.pth --output_dir"
        for call in (
            f"anchors {config} --output_dir {foreign}",
            f"evaluate {config} --checkpoint_dir IN/run --output_dir {foreign}",
            f"export {config} --trained_checkpoint_dir IN/run --output_directory {foreign}",
            f"detect {model} IN/exported/saved_model --output_dir {foreign} {photo}",
            f"detect {model} IN/exported/saved_model --output_dir OUT/new {photo}",
            f"{imported} OUT/new",
        ):
            world.assert_fails(call)
