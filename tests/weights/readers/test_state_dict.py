"""PyTorch files: only tensors are read; no code in a file is run."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.weights.readers.state_dict import MIN_TORCH, read_state_dict

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
        path = _save(tmp_path / "w.pth", {"w": torch.ones(2, dtype=kind)})
        assert read_state_dict(path)["w"].read().dtype == np.float32

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

    def test_a_bare_pickle_too(self, tmp_path):
        mark = tmp_path / "was_here"
        (tmp_path / "w.pth").write_bytes(pickle.dumps(_Malicious(str(mark))))
        assert "was not read" in _refused(tmp_path / "w.pth")
        assert not mark.exists()

    def test_a_pickled_model_as_the_tutorial_saves_it(self, tmp_path):
        path = _save(tmp_path / "w.pth", {"epoch": 1, "model": torch.nn.Linear(2, 3)})
        message = _refused(path)
        assert "holds more than tensors" in message
        assert ".state_dict(), 'state_dict.pth')" in message


class TestVersions:
    @pytest.mark.parametrize("version", ["1.13.1", "2.5.1+cu121", "2.9.1", "unknown"])
    def test_an_unsafe_one_reads_nothing(self, tmp_path, monkeypatch, version):
        monkeypatch.setattr(torch, "__version__", version)
        monkeypatch.setattr(torch, "load", None)
        message = _refused(_save(tmp_path / "w.pth", TENSORS))
        assert f"PyTorch {version} is installed" in message
        assert "pip install 'torch>=2.10'" in message

    @pytest.mark.parametrize("version", ["2.10.0", "2.13.0+cpu", "3.0"])
    def test_a_safe_one_reads(self, tmp_path, monkeypatch, version):
        monkeypatch.setattr(torch, "__version__", version)
        assert read_state_dict(_save(tmp_path / "w.pth", TENSORS)).keys() == TENSORS.keys()

    def test_the_extra_requires_the_same(self):
        text = (Path(__file__).parents[3] / "requirements-torch-extra.txt").read_text()
        assert text.splitlines()[-1] == f"torch>={MIN_TORCH[0]}.{MIN_TORCH[1]}"


class TestOtherFiles:
    def test_no_file(self, tmp_path):
        assert f"--weights {tmp_path / 'none.pth'} does not exist" in _refused(
            tmp_path / "none.pth"
        )

    def test_a_folder(self, tmp_path):
        assert "is a folder; a PyTorch state dict (.pth)" in _refused(tmp_path)

    @pytest.mark.parametrize(
        "content", [b"", b"no weights", b"PK\x03\x04 no zip", b"\x80\x02}q\x00."]
    )
    def test_not_a_pytorch_file(self, tmp_path, content):
        (tmp_path / "w.pth").write_bytes(content)
        assert str(tmp_path / "w.pth") in _refused(tmp_path / "w.pth")

    def test_a_truncated_file(self, tmp_path):
        path = tmp_path / "w.pth"
        _save(path, TENSORS)
        path.write_bytes(path.read_bytes()[:-200])
        assert "is not a PyTorch file, or damaged" in _refused(path)

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
