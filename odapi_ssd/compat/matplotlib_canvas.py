"""The method `FigureCanvasAgg.tostring_rgb`, by which the API's plots become image summaries."""

from typing import Any

SYMPTOM = "AttributeError: 'FigureCanvasAgg' object has no attribute 'tostring_rgb'"
AFFECTS = "matplotlib 3.10 and newer"
UNTIL = "the API calls buffer_rgba() instead"


def apply() -> bool:
    """Adds the method if matplotlib no longer has it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    if hasattr(FigureCanvasAgg, "tostring_rgb"):
        return False
    FigureCanvasAgg.tostring_rgb = _tostring_rgb
    return True


def _tostring_rgb(canvas: Any) -> bytes:
    """The rendered figure as RGB bytes, row by row from the top."""
    import numpy as np

    return np.asarray(canvas.buffer_rgba())[..., :3].tobytes()
