"""Reading configs, setting fields, schedules. No TensorFlow."""

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odapi_ssd.config.files import load_config, new_config, parse_config, save_config, set_field
from odapi_ssd.config.schedules import scale_rates, stretch_steps
from odapi_ssd.errors import OdapiError

COSINE = "train_config.optimizer.momentum_optimizer.learning_rate.cosine_decay_learning_rate"


def _error_of(text: str) -> str:
    with pytest.raises(OdapiError) as caught:
        parse_config(text, "a.config")
    return str(caught.value)


def _error_setting(assignment: str, config=None) -> str:
    with pytest.raises(OdapiError) as caught:
        set_field(new_config() if config is None else config, assignment)
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


class TestSetField:
    @pytest.mark.parametrize(
        ("assignment", "read", "expected"),
        [
            ("train_config.batch_size=8", lambda c: c.train_config.batch_size, 8),
            (" train_config.batch_size = 8 ", lambda c: c.train_config.batch_size, 8),
            ("train_config.gradient_clipping_by_norm=2.5",
             lambda c: c.train_config.gradient_clipping_by_norm, 2.5),
            ("train_config.add_regularization_loss=false",
             lambda c: c.train_config.add_regularization_loss, False),
            ("train_config.sync_replicas=1", lambda c: c.train_config.sync_replicas, True),
            ("train_config.fine_tune_checkpoint=a=b",
             lambda c: c.train_config.fine_tune_checkpoint, "a=b"),
            ("train_config.fine_tune_checkpoint='a b'",
             lambda c: c.train_config.fine_tune_checkpoint, "a b"),
            ("train_config.fine_tune_checkpoint=",
             lambda c: c.train_config.fine_tune_checkpoint, ""),
            ("train_config.fine_tune_checkpoint_version=v2",
             lambda c: c.train_config.fine_tune_checkpoint_version, 2),
            ("eval_config.metrics_set=a, b", lambda c: list(c.eval_config.metrics_set), ["a", "b"]),
            ("eval_config.metrics_set=[a]", lambda c: list(c.eval_config.metrics_set), ["a"]),
            ("eval_config.metrics_set=[]", lambda c: list(c.eval_config.metrics_set), []),
            ('eval_config.metrics_set="a,b",c',
             lambda c: list(c.eval_config.metrics_set), ["a,b", "c"]),
            ("eval_config.metrics_set[0]=a", lambda c: list(c.eval_config.metrics_set), ["a"]),
            ("eval_input_reader[0].shuffle=false",
             lambda c: [reader.shuffle for reader in c.eval_input_reader], [False]),
            ("eval_input_reader.0.shuffle=true",
             lambda c: [reader.shuffle for reader in c.eval_input_reader], [True]),
            (f"{COSINE}.total_steps=10",
             lambda c: c.train_config.optimizer.momentum_optimizer.learning_rate
             .cosine_decay_learning_rate.total_steps, 10),
            ("model.ssd.matcher={ argmax_matcher { matched_threshold: 0.25 } }",
             lambda c: c.model.ssd.matcher.argmax_matcher.matched_threshold, 0.25),
            ("train_config.data_augmentation_options=[{ssd_random_crop {}}, "
             "{random_horizontal_flip {}}]",
             lambda c: [o.WhichOneof("preprocessing_step")
                        for o in c.train_config.data_augmentation_options],
             ["ssd_random_crop", "random_horizontal_flip"]),
            ("train_config.data_augmentation_options[0].ssd_random_crop={}",
             lambda c: [o.WhichOneof("preprocessing_step")
                        for o in c.train_config.data_augmentation_options], ["ssd_random_crop"]),
        ],
    )  # fmt: skip
    def test_sets(self, assignment, read, expected):
        config = new_config()
        set_field(config, assignment)
        assert read(config) == expected

    def test_items_are_replaced_and_appended(self):
        config = parse_config("eval_config { metrics_set: 'a' metrics_set: 'b' }")
        set_field(config, "eval_config.metrics_set[0]=c")
        set_field(config, "eval_config.metrics_set[2]=d")
        assert list(config.eval_config.metrics_set) == ["c", "b", "d"]
        config = parse_config(
            "train_config { data_augmentation_options { ssd_random_crop {} } "
            "data_augmentation_options { random_horizontal_flip {} } }"
        )
        set_field(config, "train_config.data_augmentation_options[0]={ random_vertical_flip {} }")
        options = config.train_config.data_augmentation_options
        assert [option.WhichOneof("preprocessing_step") for option in options] == [
            "random_vertical_flip",
            "random_horizontal_flip",
        ]

    def test_a_member_of_a_oneof_drops_the_other_and_says_so(self):
        config = parse_config("train_config { optimizer { adam_optimizer {} } }")
        change = set_field(config, f"{COSINE}.total_steps=10")
        assert change.replaced == ("train_config.optimizer.adam_optimizer",)
        assert config.train_config.optimizer.WhichOneof("optimizer") == "momentum_optimizer"

    def test_messages_that_the_caller_holds_stay_part_of_the_config(self):
        config = new_config()
        train_config = config.train_config
        set_field(config, "train_config.batch_size=4")
        train_config.num_steps = 9
        assert (config.train_config.batch_size, config.train_config.num_steps) == (4, 9)

    @pytest.mark.parametrize(
        ("assignment", "expected"),
        [
            ("train_config.batchsize=8", "train_config has no field 'batchsize'"),
            ("train_config.batchsize=8", "nearest valid: batch_size"),
            ("train_config.batch_size=3.5",
             "takes a whole number from 0 (uint32); received '3.5'"),
            ("train_config.batch_size=-1", "received '-1'"),
            ("train_config.batch_size=99999999999", "received '99999999999'"),
            ("train_config.sync_replicas=maybe", "takes true or false; received 'maybe'"),
            ("train_config.gradient_clipping_by_norm=x", "takes a number (float); received 'x'"),
            ("train_config.fine_tune_checkpoint_version=V3", "valid: UNKNOWN, V1, V2"),
            ("train_config.batch_size.x=1", "is a whole number from 0 (uint32) and has no fields"),
            ("train_config[0].batch_size=1", "is a single field and takes no index"),
            ("eval_input_reader.shuffle=1", "name the item, as in eval_input_reader[0]"),
            ("eval_input_reader[1].shuffle=1", "there is no item 1"),
            ("train_config.optimizer=3", "cannot read '3' as a message Optimizer"),
            ("model.ssd.matcher={ argmax_macher {} }", "argmax_macher"),
            ("train_config", "Cannot read 'train_config' as path.to.field=value"),
            ("=3", "Cannot read '=3'"),
            ("train config.batch_size=3", "Cannot read 'train config'"),
            ("train_config..batch_size=3", "Cannot read ''"),
        ],
    )  # fmt: skip
    def test_refuses(self, assignment, expected):
        config = new_config()
        assert expected in _error_setting(assignment, config)
        assert config == new_config()

    def test_a_field_that_is_elsewhere_is_found(self):
        config = parse_config("train_config { batch_size: 1 }")
        assert "did you mean train_config.num_steps?" in _error_setting("num_steps=3", config)

    @given(st.floats(width=32, allow_nan=False))
    def test_floats_round_trip(self, value):
        config = new_config()
        set_field(config, f"train_config.gradient_clipping_by_norm={value!r}")
        assert config.train_config.gradient_clipping_by_norm == value

    @given(st.integers(0, 2**32 - 1))
    def test_whole_numbers_round_trip(self, value):
        config = new_config()
        set_field(config, f"train_config.num_steps={value}")
        assert parse_config(str(config)).train_config.num_steps == value

    @given(st.lists(st.text("abc ,/.=-_[]{}ä?*", min_size=1)))
    def test_quoted_lists_round_trip(self, values):
        config = new_config()
        listed = ",".join(f'"{value}"' for value in values)
        set_field(config, f"eval_config.metrics_set=[{listed}]")
        assert list(config.eval_config.metrics_set) == values

    @given(st.text(st.characters(exclude_categories=["Cs"])))
    def test_quoted_text_round_trips(self, value):
        config = new_config()
        set_field(config, f'train_config.fine_tune_checkpoint="{value}"')
        assert config.train_config.fine_tune_checkpoint == value

    @given(st.text())
    def test_any_text_raises_nothing_else(self, text):
        with contextlib.suppress(OdapiError):
            set_field(new_config(), text)


class TestSchedules:
    def _config(self, learning_rate: str):
        text = "train_config { optimizer { adam_optimizer { learning_rate { %s } } } }"
        return parse_config(text % learning_rate).train_config

    def test_cosine_is_stretched_whole(self):
        config = self._config(
            "cosine_decay_learning_rate { total_steps: 1000 warmup_steps: 100 "
            "hold_base_rate_steps: 50 }"
        )
        changed = stretch_steps(config, 1000, 250)
        path = "train_config.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate"
        assert changed == [
            (f"{path}.total_steps", 250),
            (f"{path}.warmup_steps", 25),
            (f"{path}.hold_base_rate_steps", 12),
        ]

    def test_boundaries_keep_growing_when_squeezed(self):
        config = self._config(
            "manual_step_learning_rate { schedule { step: 10 } schedule { step: 20 } "
            "schedule { step: 1000 } }"
        )
        stretch_steps(config, 1000, 10)
        schedule = config.optimizer.adam_optimizer.learning_rate.manual_step_learning_rate.schedule
        assert [entry.step for entry in schedule] == [1, 2, 10]

    def test_exponential_decay(self):
        config = self._config(
            "exponential_decay_learning_rate { decay_steps: 100 burnin_steps: 7 }"
        )
        stretch_steps(config, 100, 200)
        schedule = config.optimizer.adam_optimizer.learning_rate.exponential_decay_learning_rate
        assert (schedule.decay_steps, schedule.burnin_steps) == (200, 14)

    @pytest.mark.parametrize(("old", "new"), [(0, 100), (100, 100)])
    def test_nothing_to_do(self, old, new):
        assert stretch_steps(self._config("cosine_decay_learning_rate {}"), old, new) == []

    def test_rates(self):
        config = self._config(
            "manual_step_learning_rate { initial_learning_rate: 0.1 "
            "schedule { step: 1 learning_rate: 0.02 } }"
        )
        changed = dict(scale_rates(config, 0.5))
        path = "train_config.optimizer.adam_optimizer.learning_rate.manual_step_learning_rate"
        assert changed == {
            f"{path}.initial_learning_rate": pytest.approx(0.05),
            f"{path}.schedule[0].learning_rate": pytest.approx(0.01),
        }


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_save_config_says_where_it_cannot_write(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OdapiError, match="cannot be written"):
        save_config(new_config(), tmp_path / "file" / "a.config")
