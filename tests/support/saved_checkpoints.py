"""Small checkpoints, in the place of a run's or of a network's."""

import struct
from collections.abc import Mapping
from pathlib import Path

from odapi_ssd.data.records.framing import masked_checksum


def write_checkpoint(folder: Path, *roots: str) -> str:
    """The prefix of a checkpoint, `ckpt-1`, with one variable below each root."""
    import tensorflow as tf

    objects = {name: tf.train.Checkpoint(weight=tf.Variable(1.0)) for name in roots}
    prefix: str = tf.train.Checkpoint(**objects).write(str(folder / "ckpt-1"))
    return prefix


def write_before_first_step(folder: Path) -> str:
    """As a run leaves it: a Keras model has its variables only after its first call."""
    import tensorflow as tf

    checkpoint = tf.train.Checkpoint(model=tf.keras.layers.Dense(1), step=tf.Variable(0))
    prefix: str = checkpoint.write(str(folder / "ckpt-1"))
    return prefix


def write_tf1_checkpoint(folder: Path) -> str:
    """The prefix of a checkpoint of TensorFlow 1, of one variable."""
    import tensorflow as tf

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.get_variable("model/weight", [])
        session.run(tf.compat.v1.global_variables_initializer())
        prefix: str = tf.compat.v1.train.Saver().save(session, str(folder / "model.ckpt"))
    return prefix


def write_run(folder: Path, num_checkpoints: int = 3) -> list[str]:
    """The prefixes of a run's checkpoints, `ckpt-1` and on, with the file `checkpoint`.

    Each has weights of a detector, 4,000 bytes, and a variable of strings.
    """
    import tensorflow as tf

    model = tf.train.Checkpoint(
        kernel=tf.Variable(tf.range(1000.0)), names=tf.Variable(["circle", "square"])
    )
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(model=model), str(folder), 9)
    return [manager.save() for _ in range(num_checkpoints)]


def data_file(prefix: str) -> Path:
    """The only data file of a checkpoint."""
    return Path(f"{prefix}.data-00000-of-00001")


def index_file(prefix: str) -> Path:
    """The index of a checkpoint."""
    return Path(f"{prefix}.index")


def truncate(path: Path, num_bytes: int) -> None:
    """Leaves the first bytes of a file."""
    path.write_bytes(path.read_bytes()[:num_bytes])


def flip_bit(path: Path, position: int) -> None:
    """Changes one bit of a file: the lowest of a byte."""
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


def write_without_variables(folder: Path, *names: str) -> None:
    """Whole checkpoints of any names that hold no tensor; needs no TensorFlow."""
    for name in names:
        index_file(f"{folder}/{name}").write_bytes(index_content({}))
        data_file(f"{folder}/{name}").touch()


def index_content(entries: Mapping[bytes, bytes], *, num_listed: int = 1) -> bytes:
    """An index of one data file with such entries by their keys, checksums included.

    It is a block with the header and the entries, a block with the place of that one, and a footer
    with the place of the second (here for the block of other metadata too).

    Args:
        entries: a `BundleEntryProto` by each tensor's name.
        num_listed: how many times the second block lists the first; more than once is damage.
    """
    header = bytes([0x08, 1])  # BundleHeaderProto: num_shards is 1
    first = _block({b"": header, **entries})
    # A block is listed under a key that none of its own is behind.
    second = _block({b"\xff" * (1 + number): _place(0, first) for number in range(num_listed)})
    places = _place(len(first), second) * 2
    return first + second + places.ljust(40, b"\0") + bytes.fromhex("57fb808b247547db")


def _block(entries: Mapping[bytes, bytes]) -> bytes:
    """A block with what follows it: no compression, a checksum."""
    block = b"".join(
        b"\0" + _varint(len(key)) + _varint(len(value)) + key + value
        for key, value in entries.items()
    )
    block += struct.pack("<II", 0, 1) + b"\0"
    return block + masked_checksum(block)


def _place(start: int, block: bytes) -> bytes:
    return _varint(start) + _varint(len(block) - 5)


def _varint(number: int) -> bytes:
    """Seven bits a byte, lowest first."""
    if number < 0x80:
        return bytes([number])
    return bytes([number & 0x7F | 0x80]) + _varint(number >> 7)
