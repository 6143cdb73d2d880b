"""A config with which nothing is wrong, and its records."""

from pathlib import Path

import pytest

from odapi_ssd.config.files import load_config
from odapi_ssd.config.overrides import set_field
from odapi_ssd.resources import template_dir
from tests.support.config_checks import CAT, COSINE, DOG, RECORDS, example, write_records


@pytest.fixture
def data(tmp_path) -> Path:
    """Two classes; 6 training examples in 2 files, 1 to evaluate on."""
    (tmp_path / "labels.pbtxt").write_text("item { id: 1 name: 'cat' } item { id: 2 name: 'dog' }")
    write_records(tmp_path / "train.record-00000-of-00002", *[example(CAT)] * 4)
    write_records(tmp_path / "train.record-00001-of-00002", example(DOG, CAT), example())
    write_records(tmp_path / "val.record-00000-of-00001", example(DOG))
    return tmp_path


@pytest.fixture
def config(data):
    """The MobileNetV2 template on `data`: nothing is wrong with it."""
    config = load_config(template_dir() / "ssd_mobilenet_v2_zoo_voc.config")
    for assignment in (
        "model.ssd.num_classes=2",
        "train_config.batch_size=3",
        "train_config.num_steps=100",
        f"{COSINE}.total_steps=100",
        f"{COSINE}.warmup_steps=10",
        f"train_input_reader.label_map_path={data}/labels.pbtxt",
        f"eval_input_reader[0].label_map_path={data}/labels.pbtxt",
        f"{RECORDS}={data}/train.record-?????-of-?????",
        f"eval_input_reader[0].tf_record_input_reader.input_path={data}/val.record-*",
    ):
        set_field(config, assignment)
    return config
