"""Checkpoints of TensorFlow 2 and 1, PyTorch's state dicts, Keras's HDF5 weights."""

import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from odapi_ssd.checkpoints.contents import read_contents, require_detector
from odapi_ssd.checkpoints.newest import newest_complete
from odapi_ssd.checkpoints.paths import resolve_checkpoint
from odapi_ssd.errors import OdapiError
from odapi_ssd.weights.readers.keras_h5 import opened_h5
from odapi_ssd.weights.readers.state_dict import read_state_dict
from odapi_ssd.weights.readers.tf1_checkpoint import read_tf1_checkpoint
from tools.fuzz.kinds.files import read_tree, write_tree
from tools.fuzz.mutations.byte_strings import INTEGERS, mutate_bytes
from tools.fuzz.mutations.sorted_tables import mutate_table
from tools.fuzz.mutations.texts import mutate_text
from tools.fuzz.target import Observation

__all__ = ["Target", "write_seeds"]

_TF2, _TF1, _TORCH, _KERAS = "run", "tf1", "weights.pth", "weights.h5"
_BOMB_BYTES = 700_000_000


def write_seeds(folder: Path) -> None:
    """A checkpoint of each sort, with a few small variables."""
    from odapi_ssd.compat import import_tensorflow

    tf = import_tensorflow()
    _write_tf2(folder / _TF2, tf)
    _write_tf1(folder / _TF1, tf)
    _write_keras(folder / _KERAS)
    try:
        import torch
    except ModuleNotFoundError:
        return
    _write_torch(folder / _TORCH, torch)


def _write_tf2(folder: Path, tf: Any) -> None:
    for number in (1, 2):
        model = tf.train.Checkpoint(
            kernel=tf.Variable(tf.reshape(tf.range(24.0), [2, 3, 4])), bias=tf.Variable([1.0, 2.0])
        )
        step = tf.Variable(number, dtype=tf.int64)
        tf.train.Checkpoint(model=model, step=step).write(str(folder / f"ckpt-{number}"))
    # By hand: TensorFlow would write the time into it.
    names = "".join(f'all_model_checkpoint_paths: "ckpt-{number}"\n' for number in (1, 2))
    text = f'model_checkpoint_path: "ckpt-2"\n{names}all_model_checkpoint_timestamps: 1.5\n'
    (folder / "checkpoint").write_text(text, encoding="utf-8")


def _write_tf1(folder: Path, tf: Any) -> None:
    folder.mkdir()
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        for name, shape in (("ssd/conv/weights", [3, 3, 2]), ("ssd/conv/biases", [4])):
            tf.compat.v1.get_variable(name, shape, initializer=tf.ones_initializer())
        session.run(tf.compat.v1.global_variables_initializer())
        saver = tf.compat.v1.train.Saver()
        saver.save(session, str(folder / "model.ckpt"), write_meta_graph=False, write_state=False)


def _write_keras(path: Path) -> None:
    """As Keras 2 lays out its weights."""
    import h5py
    import numpy as np

    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"conv", b"flatten"]
        file.attrs["backend"] = b"tensorflow"
        file.create_group("flatten").attrs["weight_names"] = np.array([], "S8")
        group = file.create_group("conv")
        group.attrs["weight_names"] = [b"conv/kernel:0", b"conv/bias:0"]
        group.create_dataset("conv/kernel:0", data=np.arange(72.0).reshape(3, 3, 2, 4))
        group.create_dataset("conv/bias:0", data=np.ones(4, np.float32), chunks=(2,),
                             compression="gzip")  # fmt: skip


def _write_torch(path: Path, torch: Any) -> None:
    tensors = {
        "module.conv.weight": torch.arange(24.0).reshape(2, 3, 4),
        "module.conv.bias": torch.ones(4, dtype=torch.float16),
        "module.norm.num_batches_tracked": torch.tensor(5),
    }
    torch.save({"state_dict": tensors, "epoch": 3}, path)


class Target:
    """Reads a checkpoint or weight file that is damaged."""

    def __init__(self, seeds: Path, with_tensorflow: bool):
        import odapi_ssd

        odapi_ssd.register()
        self._files = read_tree(seeds)
        # HDF5 is read in a process of its own, which takes longer than all else.
        self._sorts = [_TF2] * 4 + [_TF1] * 3 + [_KERAS] + [_TORCH] * 3 * (_TORCH in self._files)

    def make(self, generator: random.Random) -> str:
        """Writes one sort of checkpoint, of which one file is damaged or missing."""
        sort = generator.choice(self._sorts)
        files = {name: data for name, data in self._files.items() if name.startswith(sort)}
        name = generator.choice(list(files))
        if sort in (_TF1, _TF2) and generator.random() < 0.08:
            return _lose(generator, files, name)
        files[name] = _mutate(generator, name, files[name], list(files.values()))
        write_tree(files)
        return f"{name} damaged"

    def run(self) -> Observation:
        """Reads all of it, as each command would that takes such a path."""
        observed = Observation()
        for step in _STEPS[next(sort for sort in _STEPS if Path(sort).exists())]:
            try:
                step()
            except OdapiError as error:
                observed.refuse([str(error)])
        return observed


def _lose(generator: random.Random, files: dict[str, bytes], name: str) -> str:
    """Removes a file, or puts a folder in its place."""
    del files[name]
    write_tree(files)
    if generator.random() < 0.3:
        Path(name).mkdir(parents=True)
    Path(name).parent.mkdir(exist_ok=True)
    return f"{name} missing"


def _mutate(generator: random.Random, name: str, data: bytes, others: list[bytes]) -> bytes:
    if name.endswith(".index"):
        return mutate_table(generator, data)
    if name.endswith("/checkpoint") and generator.random() < 0.7:
        return mutate_text(generator, data.decode()).encode("utf-8", "surrogatepass")
    if name == _TORCH and generator.random() < 0.7:
        return _mutate_zip(generator, data)
    if name == _KERAS and generator.random() < 0.5:
        return _mutate_hdf5(generator, data)
    return mutate_bytes(generator, data, others)


def _mutate_zip(generator: random.Random, data: bytes) -> bytes:
    """Changes the members of a zip file and writes it anew, or its directory in place."""
    if generator.random() < 0.3:
        return _mutate_directory(generator, data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = generator.choice(list(members))
    pickled = next(name for name in members if name.endswith("data.pkl"))
    name = generator.choice((name, pickled))
    action = generator.randrange(10)
    if action == 0:
        del members[name]
    elif action == 1:
        members[name] = generator.randbytes(10)
    elif action == 2:
        members[generator.choice(("archive/data.pkl", "../x", "/x", name + "2"))] = members[name]
    else:
        members[name] = mutate_bytes(generator, members[name], list(members.values()))
    out = io.BytesIO()
    packing = generator.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(out, "w", packing, compresslevel=1) as archive:
        for member, content in members.items():
            archive.writestr(zipfile.ZipInfo(member), content, packing)
        if generator.random() < 0.01:
            _add_bomb(archive, name)
    return out.getvalue()


def _add_bomb(archive: zipfile.ZipFile, name: str) -> None:
    """A member that is a thousand times larger than the file."""
    info = zipfile.ZipInfo(f"{name}-bomb")
    info.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(info, "w") as member:
        for _ in range(_BOMB_BYTES // 2**20):
            member.write(bytes(2**20))


def _mutate_directory(generator: random.Random, data: bytes) -> bytes:
    """Overwrites numbers of the central directory: sizes, offsets, checksums, counts."""
    changed = bytearray(data)
    for _ in range(generator.choice((1, 1, 3))):
        starts = [
            n for n in range(len(data)) if data[n : n + 4] in (b"PK\1\2", b"PK\3\4", b"PK\5\6")
        ]
        place = generator.choice(starts) + generator.randrange(4, 46)
        width = generator.choice((1, 2, 4))
        value = generator.choice(INTEGERS) % 2 ** (8 * width)
        changed[place : place + width] = value.to_bytes(width, "little")
    return bytes(changed)


def _mutate_hdf5(generator: random.Random, data: bytes) -> bytes:
    """Changes groups, attributes and arrays, so that the file stays HDF5."""
    import h5py
    import numpy as np

    buffer = io.BytesIO(data)
    with h5py.File(buffer, "r+") as file:
        owner = file[generator.choice(("/", "conv", "flatten"))]
        attribute = generator.choice(("layer_names", "weight_names"))
        name = generator.choice(("conv/kernel:0", "conv/bias:0"))
        changes: tuple[Callable[[], Any], ...] = (
            lambda: owner.attrs.pop(attribute, None),
            lambda: owner.attrs.create(attribute, generator.choice(
                (5, 1.5, "conv", b"\xff", np.zeros((2, 2)), [b""], [b"/"], [b".."], [b"conv"] * 3,
                 [b"conv/conv"], h5py.Empty("f"))
            )),
            lambda: file["conv"].__delitem__(name),
            lambda: _replace(file["conv"], name, h5py.ExternalLink("/etc/passwd", "/")),
            lambda: _replace(file["conv"], name, h5py.SoftLink("/conv")),
            lambda: _replace(file["conv"], name, file["/"]),
            lambda: _replace(file["conv"], name, generator.choice(
                (5.0, "text", np.array([b"a"]), np.zeros(0), np.zeros((1, 2), "c16"),
                 np.zeros(3, "?"), np.zeros(2, "i8,f4"), h5py.Empty("f"))
            )),
            lambda: _add_large(file["conv"], name),
        )  # fmt: skip
        generator.choice(changes)()
    return buffer.getvalue()


def _replace(group: Any, name: str, value: Any) -> None:
    del group[name]
    group[name] = value


def _add_large(group: Any, name: str) -> None:
    """An array of which nothing is stored but its size."""
    del group[name]
    group.create_dataset(name, shape=(2**20, 2**20), dtype="f4", chunks=(1024, 1024))


def _read_run() -> None:
    newest_complete(_TF2)
    require_detector(_TF2)


def _read_prefixes() -> None:
    for prefix in (f"{_TF2}/ckpt-1", f"{_TF2}/ckpt-2.index"):
        read_contents(resolve_checkpoint(prefix))


def _read_tf1() -> None:
    for array in read_tf1_checkpoint(f"{_TF1}/model.ckpt").values():
        array.read()


def _read_tf1_folder() -> None:
    for array in read_tf1_checkpoint(_TF2).values():
        array.read()


def _read_torch() -> None:
    for array in read_state_dict(_TORCH).values():
        array.read()


def _read_keras() -> None:
    with opened_h5(Path(_KERAS)) as layers:
        for arrays in layers.values():
            for array in arrays.values():
                array.read()


_STEPS: dict[str, tuple[Callable[[], None], ...]] = {
    _TF2: (_read_run, _read_prefixes, _read_tf1_folder),
    _TF1: (_read_tf1,),
    _TORCH: (_read_torch,),
    _KERAS: (_read_keras,),
}
