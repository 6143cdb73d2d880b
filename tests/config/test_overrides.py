"""Setting single fields of a config, as `--set` does. No TensorFlow."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odapi_ssd.config.files import new_config, parse_config
from odapi_ssd.config.overrides import set_field
from odapi_ssd.errors import OdapiError

COSINE = "train_config.optimizer.momentum_optimizer.learning_rate.cosine_decay_learning_rate"


def _error_setting(assignment: str, config=None) -> str:
    with pytest.raises(OdapiError) as caught:
        set_field(new_config() if config is None else config, assignment)
    return str(caught.value)


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
def test_sets(assignment, read, expected):
    config = new_config()
    set_field(config, assignment)
    assert read(config) == expected


def test_items_are_replaced_and_appended():
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


def test_a_member_of_a_oneof_drops_the_other_and_says_so():
    config = parse_config("train_config { optimizer { adam_optimizer {} } }")
    change = set_field(config, f"{COSINE}.total_steps=10")
    assert change.replaced == ("train_config.optimizer.adam_optimizer",)
    assert config.train_config.optimizer.WhichOneof("optimizer") == "momentum_optimizer"


def test_messages_that_the_caller_holds_stay_part_of_the_config():
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
        ("train_config.fine_tune_checkpoint=\udcff", "is not UTF-8 text"),
        (f"eval_input_reader.{'1' * 5000}.shuffle=1", "Cannot read '111"),
        (f"eval_input_reader[{'1' * 5000}].shuffle=1", "Cannot read 'eval_input_reader[111"),
    ],
)  # fmt: skip
def test_refuses(assignment, expected):
    config = new_config()
    assert expected in _error_setting(assignment, config)
    assert config == new_config()


def test_a_field_that_is_elsewhere_is_found():
    config = parse_config("train_config { batch_size: 1 }")
    assert "did you mean train_config.num_steps?" in _error_setting("num_steps=3", config)


@given(st.floats(width=32, allow_nan=False))
def test_floats_round_trip(value):
    config = new_config()
    set_field(config, f"train_config.gradient_clipping_by_norm={value!r}")
    assert config.train_config.gradient_clipping_by_norm == value


@given(st.integers(0, 2**32 - 1))
def test_whole_numbers_round_trip(value):
    config = new_config()
    set_field(config, f"train_config.num_steps={value}")
    assert parse_config(str(config)).train_config.num_steps == value


@given(st.lists(st.text("abc ,/.=-_[]{}ä?*", min_size=1)))
def test_quoted_lists_round_trip(values):
    config = new_config()
    listed = ",".join(f'"{value}"' for value in values)
    set_field(config, f"eval_config.metrics_set=[{listed}]")
    assert list(config.eval_config.metrics_set) == values


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_quoted_text_round_trips(value):
    config = new_config()
    set_field(config, f'train_config.fine_tune_checkpoint="{value}"')
    assert config.train_config.fine_tune_checkpoint == value


@given(st.text())
def test_any_text_raises_nothing_else(text):
    with contextlib.suppress(OdapiError):
        set_field(new_config(), text)
