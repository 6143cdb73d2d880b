"""Lets the API run where OpenCV cannot be loaded; nothing on its TF2 path calls OpenCV.

lvis, one of the API's metrics, imports OpenCV for its drawing functions and depends on the desktop
build, whose native library needs X11 and OpenGL libraries that slim Docker images do not have.
"""

import importlib
import sys
import types
from typing import Any

SYMPTOM = "ImportError: libGL.so.1: cannot open shared object file"
AFFECTS = "Docker images without OpenGL (python:3.x-slim), with lvis 0.5 and opencv-python"
UNTIL = "lvis imports OpenCV only where it draws, or depends on the headless build"

_NAME = "cv2"


def apply() -> bool:
    """Registers a placeholder module `cv2` if OpenCV cannot be imported."""
    try:
        importlib.import_module(_NAME)
    except ImportError as error:
        sys.modules[_NAME] = _Unavailable(str(error))
        return True
    return False


class _Unavailable(types.ModuleType):
    def __init__(self, reason: str):
        super().__init__(_NAME, "A placeholder for OpenCV, which cannot be loaded.")
        self._reason = reason

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        raise ImportError(
            f"cv2.{attribute} needs OpenCV, which cannot be loaded here: {self._reason}. "
            "Install opencv-python-headless, or the missing system library."
        )
