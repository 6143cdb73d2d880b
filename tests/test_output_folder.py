import json
from pathlib import Path

import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.output_folder import (
    exported_model_in,
    require_own_folder,
    training_run_in,
    unmarked_content,
)


def test_what_is_in_the_way_is_named_with_what_to_do(tmp_path):
    with pytest.raises(OdapiError) as raised:
        require_own_folder("output_dir", tmp_path, "a training run", "give another.")
    assert raised.value.problem == (
        f"--output_dir {tmp_path} holds a training run; nothing was changed."
    )
    assert raised.value.hint == "give another."


def test_a_folder_with_nothing_in_the_way_need_not_exist(tmp_path):
    require_own_folder("output_dir", tmp_path, None, "give another.")
    require_own_folder("output_dir", tmp_path / "new", None, "give another.")


@pytest.mark.parametrize(
    "folder", ["gs://bucket/run", Path("gs://bucket/run"), "s3://bucket", "hdfs://host/a"]
)
def test_a_remote_folder_is_refused(folder):
    with pytest.raises(OdapiError, match="is on a remote file system"):
        require_own_folder("output_directory", folder, None, "give another.")


@pytest.mark.parametrize("folder", ["gs", "a:b", "./gs:/b", "/tmp/a:/b"])
def test_a_colon_alone_makes_no_folder_remote(folder):
    require_own_folder("output_directory", folder, None, "give another.")


def test_a_training_run_is_known_by_the_file_that_names_its_checkpoints(tmp_path):
    assert training_run_in(tmp_path / "new") is None
    (tmp_path / "checkpoint").mkdir()  # an export's, or an import's
    assert training_run_in(tmp_path) is None
    (tmp_path / "checkpoint").rmdir()
    (tmp_path / "checkpoint").touch()
    assert training_run_in(str(tmp_path)) == "a training run (its file checkpoint)"


def test_an_exported_model(tmp_path):
    assert exported_model_in(tmp_path) is None
    (tmp_path / "saved_model").mkdir()
    assert exported_model_in(tmp_path) == "an exported model (saved_model)"


class TestUnmarkedContent:
    @staticmethod
    def _of(folder):
        return unmarked_content(folder, "shapes.json", "odapi-ssd shapes")

    def test_no_folder_and_an_empty_one_hold_none(self, tmp_path):
        assert self._of(tmp_path / "new") is None
        assert self._of(tmp_path) is None

    def test_content_of_others_is_named(self, tmp_path):
        for name in "gfedcba":
            (tmp_path / name).touch()
        assert self._of(tmp_path) == "a, b, c, d, e and 2 more and was not made by odapi-ssd shapes"

    def test_content_under_the_mark_is_the_command_s_own(self, tmp_path):
        (tmp_path / "image.jpg").touch()
        (tmp_path / "shapes.json").write_text(json.dumps({"made_by": "odapi-ssd shapes"}))
        assert self._of(tmp_path) is None

    @pytest.mark.parametrize(
        "mark", ['{"made_by": "me"}', "{}", "[]", "no JSON", '{"made_by": null}', "\xff"]
    )
    def test_another_file_of_that_name_is_no_mark(self, tmp_path, mark):
        (tmp_path / "shapes.json").write_text(mark, encoding="latin-1")
        assert self._of(tmp_path) == "shapes.json and was not made by odapi-ssd shapes"
