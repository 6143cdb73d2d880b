"""PyTorch files, written by PyTorch: only tensors are read; no code in a file is run."""

import os
import pickle
import zipfile
from collections import Counter

import numpy as np
import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.weights.readers.state_dict import read_state_dict
from tests.support.fresh_python import run_python
from tests.support.mutated_bytes import mutations

torch = pytest.importorskip("torch")

TENSORS = {"conv.weight": torch.arange(6.0).reshape(2, 3), "conv.bias": torch.ones(2)}


def _save(path, content):
    torch.save(content, path)
    return str(path)


def _refused(path):
    with pytest.raises(OdapiError) as caught:
        read_state_dict(str(path))
    return str(caught.value)


class TestTensors:
    @pytest.mark.parametrize(
        "content",
        [
            TENSORS,
            {"epoch": 3, "state_dict": TENSORS},
            {"model": TENSORS, "optimizer": {"state": {}, "lr": 0.1}},
            {"model_state_dict": {f"module.{name}": it for name, it in TENSORS.items()}},
            {**TENSORS, "version": 2, "names": ["a", "b"]},
        ],
        ids=["plain", "state_dict", "model", "DataParallel", "with other entries"],
    )
    def test_by_name(self, tmp_path, content):
        stored = read_state_dict(_save(tmp_path / "w.pth", content))
        assert {name: array.shape for name, array in stored.items()} == {
            "conv.weight": (2, 3),
            "conv.bias": (2,),
        }
        np.testing.assert_array_equal(stored["conv.weight"].read(), [[0, 1, 2], [3, 4, 5]])

    @pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
    def test_other_precisions(self, tmp_path, kind):
        values = torch.tensor([1.0, -0.375, 3e4], dtype=kind)
        array = read_state_dict(_save(tmp_path / "w.pth", {"w": values}))["w"].read()
        assert array.dtype.kind == "f"
        np.testing.assert_array_equal(array, values.double())

    @pytest.mark.parametrize("zipped", [True, False])
    def test_views(self, tmp_path, zipped):
        """Transposed, sliced, with an axis of 1, empty: a state dict keeps a tensor's strides."""
        whole = torch.arange(240.0).reshape(2, 3, 4, 10)
        views = {
            "channels_last": whole.contiguous(memory_format=torch.channels_last),
            "transposed": whole.permute(3, 1, 0, 2),
            "sliced": whole[:, 1:, ::2, 3:7],
            "one": whole[1, 2, 3, 9],
            "empty": whole[:0],
            "parameter": torch.nn.Parameter(whole[1]),
        }
        torch.save(views, tmp_path / "w.pth", _use_new_zipfile_serialization=zipped)
        stored = read_state_dict(str(tmp_path / "w.pth"))
        assert stored.keys() == views.keys()
        for name, view in views.items():
            np.testing.assert_array_equal(stored[name].read(), view.detach())

    def test_a_shape_is_known_without_its_memory(self, tmp_path):
        # four bytes, declared as 4·10¹⁸ numbers
        path = _save(tmp_path / "w.pth", {"w": torch.zeros(1).expand(2 * 10**9, 2 * 10**9)})
        assert (tmp_path / "w.pth").stat().st_size < 4096
        assert read_state_dict(path)["w"].shape == (2 * 10**9, 2 * 10**9)

    def test_a_sparse_tensor_is_refused_when_it_is_read(self, tmp_path):
        path = _save(tmp_path / "w.pth", {"w": torch.eye(2).to_sparse()})
        stored = read_state_dict(path)
        with pytest.raises(OdapiError, match="w is not a dense tensor"):
            stored["w"].read()


class _Malicious:
    """Unpickling it writes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


class TestUntrustedFiles:
    @pytest.mark.parametrize("zipped", [True, False])
    def test_a_malicious_pickle_is_refused_and_not_run(self, tmp_path, zipped):
        mark = tmp_path / "was_here"
        path = tmp_path / "w.pth"
        content = {**TENSORS, "surprise": _Malicious(str(mark))}
        torch.save(content, path, _use_new_zipfile_serialization=zipped)
        message = _refused(path)
        assert "holds more than tensors, and was not read" in message
        assert "could run any code" in message
        assert not mark.exists()

    @pytest.mark.parametrize("protocol", [2, 5])
    def test_a_bare_pickle_too(self, tmp_path, protocol):
        mark = tmp_path / "was_here"
        (tmp_path / "w.pth").write_bytes(pickle.dumps(_Malicious(str(mark)), protocol))
        message = _refused(tmp_path / "w.pth")
        assert "not a PyTorch file, but a Python pickle that torch.save has not writ" in message
        assert not mark.exists()

    def test_a_pickled_model_as_the_tutorial_saves_it(self, tmp_path):
        path = _save(tmp_path / "w.pth", {"epoch": 1, "model": torch.nn.Linear(2, 3)})
        message = _refused(path)
        assert "holds more than tensors" in message
        assert ".state_dict(), 'state_dict.pth')" in message


class TestBounds:
    """What a file declares is not what is read, decompressed or allocated."""

    @pytest.mark.parametrize("record", ["data/0", "data.pkl"])
    def test_a_compressed_archive_is_refused_in_little_memory(self, tmp_path, record):
        _save(tmp_path / "w.pth", TENSORS)
        with (
            zipfile.ZipFile(tmp_path / "w.pth") as saved,
            zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as bomb,
        ):
            for name in saved.namelist():
                content = bytes(2**28) if name.endswith(record) else saved.read(name)
                bomb.writestr(name, content)
        assert (tmp_path / "bomb.pth").stat().st_size < 2**20
        done = run_python(_PRINT_REFUSAL_AND_PEAK.format(path=str(tmp_path / "bomb.pth")))
        *message, peak_kb = done.stdout.splitlines()
        assert "is compressed or encrypted, as torch.save never writes it" in message[0], done
        assert int(peak_kb) < 200_000

    def test_an_expanded_tensor_is_not_read(self, tmp_path):
        path = _save(tmp_path / "w.pth", {"w": torch.zeros(1).expand(1000, 1000)})
        with pytest.raises(OdapiError, match="w has 1,000,000 numbers, spread over or repeated"):
            read_state_dict(path)["w"].read()

    def test_a_view_of_a_few_numbers_of_many_is_not_read(self, tmp_path):
        path = _save(tmp_path / "w.pth", {"w": torch.zeros(1000, 40)[:, 0]})
        with pytest.raises(OdapiError, match=r"w has 1,000 numbers, .* from 39,961"):
            read_state_dict(path)["w"].read()

    @pytest.mark.parametrize("zipped", [True, False])
    def test_damaged_files_are_read_or_refused(self, tmp_path, zipped):
        torch.save(TENSORS, tmp_path / "w.pth", _use_new_zipfile_serialization=zipped)
        outcomes = Counter()
        for content in mutations((tmp_path / "w.pth").read_bytes(), seed=5, number=300):
            (tmp_path / "damaged.pth").write_bytes(content)
            try:
                for array in read_state_dict(str(tmp_path / "damaged.pth")).values():
                    array.read()
                outcomes["read"] += 1
            except OdapiError:
                outcomes["refused"] += 1
        assert min(outcomes["read"], outcomes["refused"]) > 10


_PRINT_REFUSAL_AND_PEAK = """
import pathlib
from odapi_ssd.errors import OdapiError
from odapi_ssd.weights.readers.state_dict import read_state_dict
try:
    read_state_dict({path!r})
except OdapiError as error:
    print(error.problem)
# Unlike ru_maxrss, of this process alone: not of the one that has started it.
print(pathlib.Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""


def test_pytorch_is_not_imported(tmp_path):
    path = _save(tmp_path / "w.pth", TENSORS)
    code = (
        "import sys\nfrom odapi_ssd.weights.readers.state_dict import read_state_dict\n"
        f"print(read_state_dict({path!r})['conv.bias'].read().tolist(), 'torch' in sys.modules)"
    )
    assert run_python(code).stdout == "[1.0, 1.0] False\n"


class TestOtherFiles:
    def test_no_file(self, tmp_path):
        assert f"--weights {tmp_path / 'none.pth'} does not exist" in _refused(
            tmp_path / "none.pth"
        )

    def test_a_folder(self, tmp_path):
        assert "is a folder; a PyTorch state dict (.pth)" in _refused(tmp_path)

    @pytest.mark.parametrize(
        ("content", "described"),
        [
            (b"", "empty"),
            (b"<html>Confirm the download</html>", "a web page (HTML)"),
            (b"no weights", "text that begins with 'no weights'"),
            (bytes(range(256)), "data in no format that is known here"),
            (b"\x89HDF\r\n\x1a\n and so on", "an HDF5 file, as Keras writes"),
        ],
    )
    def test_not_a_pytorch_file(self, tmp_path, content, described):
        (tmp_path / "w.pth").write_bytes(content)
        message = _refused(tmp_path / "w.pth")
        assert f"{tmp_path / 'w.pth'} is not a PyTorch file, but {described}" in message
        assert "weights_only" not in message

    @pytest.mark.parametrize("zipped", [True, False])
    @pytest.mark.parametrize("left", [0.2, 0.5, 0.9])
    def test_a_truncated_file(self, tmp_path, zipped, left):
        path = tmp_path / "w.pth"
        torch.save({"w": torch.zeros(5000)}, path, _use_new_zipfile_serialization=zipped)
        os.truncate(path, int(left * path.stat().st_size))
        message = _refused(path)
        assert "is a damaged PyTorch file" in message
        assert "truncated" in message
        assert "download or copy it again" in message

    def test_a_torchscript_archive(self, tmp_path):
        torch.jit.script(torch.nn.Linear(2, 3)).save(tmp_path / "w.pth")
        message = _refused(tmp_path / "w.pth")
        assert "not a PyTorch state dict, but a TorchScript archive" in message
        assert "torch.save(model.state_dict(), 'state_dict.pth')" in message

    def test_another_zip_archive(self, tmp_path):
        np.savez(tmp_path / "w.npz", a=np.ones(2))
        assert "a ZIP archive of something else: a.npy" in _refused(tmp_path / "w.npz")

    @pytest.mark.parametrize(
        ("content", "described"),
        [
            (torch.ones(2), "a Tensor"),
            ({}, r"the entries (none)"),
            ({"epoch": 1, "lr": 0.1}, "the entries epoch, lr"),
            ([1, 2], "a list"),
        ],
    )
    def test_no_state_dict(self, tmp_path, content, described):
        path = _save(tmp_path / "w.pth", content)
        assert f"holds no state dict, but {described}" in _refused(path)
