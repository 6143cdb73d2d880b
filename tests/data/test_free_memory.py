import ctypes
from types import SimpleNamespace

from odapi_ssd.data.free_memory import return_free_memory


def test_the_c_library_is_asked_to(monkeypatch):
    asked = []
    library = SimpleNamespace(malloc_trim=asked.append)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    return_free_memory()
    assert asked == [0]


def test_a_c_library_that_cannot_is_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace())
    return_free_memory()


def test_this_machines():
    return_free_memory()
