import pytest

from odapi_ssd.training.unfinished import remove_checkpoint, remove_unfinished

_USERS = (
    "ckpt-2.index",
    "ckpt-3.tar.gz",
    "ckpt-3.index.bak",
    "ckpt-3_backup/index",
    "ckpt-30.index",
)


def _make(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")


def _names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_checkpoint_goes_and_nothing_else_of_its_name(tmp_path):
    _make(tmp_path, *_USERS)
    before = _names(tmp_path)
    _make(
        tmp_path,
        "ckpt-3.index",
        "ckpt-3.data-00000-of-00001",
        "ckpt-3.data-00000-of-00001.tempstate123",
        "ckpt-3_temp/part-00000-of-00001.index",
    )
    remove_checkpoint(str(tmp_path), 3)
    assert _names(tmp_path) == before


@pytest.mark.parametrize(
    "name",
    [
        "ckpt-3_temp/part-00000-of-00001.data-00000-of-00001.tempstate12",
        "ckpt-3_temp/part-00000-of-00001.index",
        "checkpoint.tmp0123456789abcdef0123456789abcdef",
    ],
)
def test_what_a_killed_process_was_writing_goes(tmp_path, name):
    _make(tmp_path, "checkpoint", *_USERS)
    before = _names(tmp_path)
    _make(tmp_path, name)
    remove_unfinished(str(tmp_path))
    assert _names(tmp_path) == before


@pytest.mark.parametrize(
    "names",
    [
        ["ckpt-3_temp/part-00000-of-00001.index", "ckpt-3_temp/notes.txt"],
        ["my-ckpt-3_temp/part-00000-of-00001.index"],
        ["checkpoint.tmp"],
    ],
)
def test_what_may_be_a_users_stays(tmp_path, names):
    _make(tmp_path, *names)
    before = _names(tmp_path)
    remove_unfinished(str(tmp_path))
    assert _names(tmp_path) == before


def test_a_folder_that_is_not_there_or_not_here_is_nothing_to_do(tmp_path):
    remove_unfinished(str(tmp_path / "none"))
    remove_unfinished("gs://bucket/run")
    remove_checkpoint("gs://bucket/run", 3)
