"""Damaged indexes of checkpoints: what is behind their checksums is reached."""

import random

import pytest

from tests.support.saved_checkpoints import write_checkpoint
from tools.fuzz.mutations import sorted_tables

pytestmark = pytest.mark.tf


@pytest.fixture(scope="module")
def index(api, tmp_path_factory) -> bytes:
    folder = tmp_path_factory.mktemp("checkpoint")
    prefix = write_checkpoint(folder, "model", "step")
    with open(f"{prefix}.index", "rb") as file:
        return file.read()


def test_an_unchanged_table_is_what_tensorflow_reads(index, tmp_path, monkeypatch):
    import tensorflow as tf

    monkeypatch.setattr(sorted_tables, "mutate_message", lambda generator, value: value)
    monkeypatch.setattr(sorted_tables, "mutate_bytes", lambda generator, data, **_: data)
    whole = [one for seed in range(60) if (one := _rewritten(seed, index)) != index]
    read = 0
    for number, content in enumerate(whole):
        (tmp_path / f"{number}.index").write_bytes(content)
        try:
            read += bool(tf.train.load_checkpoint(str(tmp_path / str(number))))
        except Exception:  # A few lack an entry, or name a compression that there is not.
            continue
    assert len(whole) > 30
    assert read > 0.8 * len(whole)


def _rewritten(seed: int, index: bytes) -> bytes:
    return sorted_tables.mutate_table(random.Random(seed), index)
