from odapi_ssd.data.formats import read_dataset
from tests.support.command_line import run_odapi_ssd


def test_it_draws_a_dataset_and_counts_its_splits(tmp_path):
    done = run_odapi_ssd("shapes", "--output_dir", "shapes", "--num_images", 4, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["Images", "drawn:", "4/4"],
        ["Dataset", "in", "shapes"],
        ["split", "images"],
        ["train", "2"],
        ["val", "1"],
        ["trainval", "3"],
        ["test", "1"],
    ]
    assert len(read_dataset(tmp_path / "shapes").images) == 4


def test_another_seed_draws_other_images(invoke, tmp_path):
    files = []
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        invoke("shapes", "--output_dir", tmp_path / folder, "--num_images", 3, "--seed", seed)
        files.append((tmp_path / folder / "JPEGImages" / "shapes_00001.jpg").read_bytes())
    assert files[0] == files[1] != files[2]


def test_wrong_calls_are_2(invoke, tmp_path):
    for arguments in ((), ("--output_dir", tmp_path / "new", "--num_images", "2")):
        result = invoke("shapes", *arguments)
        assert result.exit_code == 2
        assert "Usage:" in result.stderr
    assert not (tmp_path / "new").exists()
