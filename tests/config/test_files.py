"""Reading and writing configs. No TensorFlow."""

import subprocess
import sys
from pathlib import Path

import pytest

from odapi_ssd.config.files import load_config, new_config, parse_config, save_config
from odapi_ssd.errors import OdapiError


def _error_of(text: str) -> str:
    with pytest.raises(OdapiError) as caught:
        parse_config(text, "a.config")
    return str(caught.value)


class TestLoadConfig:
    def test_reads_what_save_config_wrote(self, tmp_path):
        config = new_config()
        config.model.ssd.num_classes = 3
        path = tmp_path / "new" / "a.config"
        save_config(config, path, header="made by\n\nhand")
        assert path.read_text().startswith("# made by\n#\n# hand\n\nmodel {")
        assert load_config(path) == config
        assert [file.name for file in path.parent.iterdir()] == ["a.config"]

    def test_applies_overrides_in_turn(self, tmp_path):
        path = tmp_path / "a.config"
        path.write_text("train_config { batch_size: 1 }")
        config = load_config(path, ["train_config.batch_size=2", "train_config.batch_size=3"])
        assert config.train_config.batch_size == 3

    def test_accepts_a_repeated_field_as_the_api_does(self):
        config = parse_config("train_config { num_steps: 1 num_steps: 2 }")
        assert config.train_config.num_steps == 2

    def test_a_missing_file_names_a_similar_one(self, tmp_path):
        (tmp_path / "ssd_vgg.config").write_text("model {}")
        with pytest.raises(OdapiError, match=r"no config file .*sd_vgg\.config") as caught:
            load_config(tmp_path / "sd_vgg.config")
        assert "did you mean" in str(caught.value)
        assert "ssd_vgg.config" in caught.value.hint

    def test_a_folder(self, tmp_path):
        (tmp_path / "a.config").write_text("model {}")
        with pytest.raises(OdapiError, match="is a folder") as caught:
            load_config(tmp_path)
        assert "a.config" in caught.value.hint

    @pytest.mark.parametrize("content", [b"\x00\x01\x02", b"\xff\xfe junk", b"model \x00"])
    def test_binary_files(self, tmp_path, content):
        path = tmp_path / "a.config"
        path.write_bytes(content)
        with pytest.raises(OdapiError, match="is not a text file"):
            load_config(path)

    @pytest.mark.parametrize("content", ["", " \n"])
    def test_an_empty_file(self, tmp_path, content):
        path = tmp_path / "a.config"
        path.write_text(content)
        with pytest.raises(OdapiError, match="is empty"):
            load_config(path)

    def test_a_byte_order_mark_is_tolerated(self, tmp_path):
        path = tmp_path / "a.config"
        path.write_bytes(b"\xef\xbb\xbfmodel { ssd { num_classes: 2 } }")
        assert load_config(path).model.ssd.num_classes == 2

    def test_needs_no_tensorflow(self, tmp_path):
        path = tmp_path / "a.config"
        path.write_text("model { ssd {} }")
        code = (
            "import sys; from odapi_ssd.config.files import load_config;"
            f"load_config({str(path)!r}, ['model.ssd.num_classes=1']);"
            "sys.exit('tensorflow' in sys.modules)"
        )
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestParseErrors:
    def test_a_typo_names_place_message_and_nearest_field(self):
        error = _error_of("model {\n  ssd {\n    num_clases: 3\n  }\n}")
        assert "a.config, line 3, column 5" in error
        assert "message Ssd has no field named 'num_clases'" in error
        assert "nearest valid: num_classes" in error
        assert "the line reads: num_clases: 3" in error

    def test_a_field_in_the_wrong_message_is_sent_home(self):
        assert "it is a field of TrainConfig" in _error_of("model { ssd { num_steps: 3 } }")

    def test_a_field_like_no_other_lists_all(self):
        assert "center_net, experimental_model, faster_rcnn, ssd" in _error_of("model { xyzzy: 1 }")

    def test_an_enum_value(self):
        error = _error_of("train_config { fine_tune_checkpoint_version: V3 }")
        assert "CheckpointVersion has no value named 'V3'" in error
        assert "UNKNOWN, V1, V2" in error

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("train_config { batch_size: 'a' }", "Couldn't parse integer: 'a'"),
            ("train_config { batch_size: 3.5 }", "Couldn't parse integer: 3.5"),
            ("model { ssd {\n num_classes: 3", 'Expected "}"'),
        ],
    )
    def test_other_faults_say_where(self, text, expected):
        error = _error_of(text)
        assert expected in error
        assert "a.config, line" in error
        assert "object_detection.protos" not in error


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_save_config_says_where_it_cannot_write(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OdapiError, match="cannot be written"):
        save_config(new_config(), tmp_path / "file" / "a.config")
