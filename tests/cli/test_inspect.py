import json

import pytest

from tests.support.command_line import run_odapi_ssd
from tests.support.faulty_dataset import add_image, write_faulty_dataset


def test_a_dataset_with_faults_gets_its_page_and_status_0(tmp_path):
    data = write_faulty_dataset(tmp_path / "data")
    done = run_odapi_ssd("inspect", "--data_dir", data, "--output_dir", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["train", "14", "1", "3", "21"] in lines
    assert ["warning", "2", "Boxes", "with", "zero", "area"] in lines
    assert lines[-1][0] == "Written:"
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"index.html", "report.json"}


def test_a_good_dataset_has_no_problems(shapes_dir, tmp_path, invoke):
    result = invoke("inspect", "--data_dir", shapes_dir, "--output_dir", tmp_path / "out")
    assert result.exit_code == 0
    assert "No problems found." in result.stdout


def test_every_option_reaches_the_inspection(tmp_path, invoke):
    for seed in range(2):
        add_image(tmp_path / "data", f"i{seed}", [("dog", (1, 1, 30, 30), 0)], seed)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.json").write_text("mine")
    call = ("inspect", "--data_dir", tmp_path / "data", "--output_dir", tmp_path / "out",
            "--format", "voc", "--num_workers", "1")  # fmt: skip
    with pytest.raises(Exception, match="report"):
        invoke(*call)
    assert invoke(*call, "--overwrite").exit_code == 0
    assert json.loads((tmp_path / "out" / "report.json").read_text())["dataset"] == "data"


def test_records(records_dir, tmp_path, invoke):
    result = invoke("inspect", "--records_dir", records_dir, "--output_dir", tmp_path / "out")
    assert result.exit_code == 0
    assert ["train", "18", "0", "0"] in [line.split()[:4] for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "--data_dir is missing; give it, or --records_dir."),
        (("--data_dir", "a", "--records_dir", "b"), "--data_dir cannot be given together"),
        (("--format", "voc", "--records_dir", "b"), "--format cannot be given together"),
    ],
)
def test_one_dataset_is_needed(options, message, tmp_path, invoke):
    result = invoke("inspect", *options, "--output_dir", tmp_path / "out")
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "out").exists()


def test_annotations_in_place_of_records(shapes_dir, tmp_path):
    done = run_odapi_ssd("inspect", "--records_dir", shapes_dir, "--output_dir", tmp_path / "out")
    assert done.returncode == 1
    assert "this looks like voc: give it as --data_dir, not as --records_dir." in done.stderr
    assert "--format" not in done.stderr


def test_no_dataset(tmp_path):
    done = run_odapi_ssd(
        "inspect", "--data_dir", tmp_path / "none", "--output_dir", tmp_path / "out"
    )
    assert done.returncode == 1
    assert "does not exist" in done.stderr
    assert not (tmp_path / "out").exists()


def test_an_unknown_template_is_refused_before_the_work(shapes_dir, tmp_path):
    done = run_odapi_ssd(
        "inspect", "--data_dir", shapes_dir, "--output_dir", tmp_path / "out", "--template", "none"
    )
    assert done.returncode == 1
    assert "There is no template 'none'" in done.stderr
    assert not (tmp_path / "out").exists()
