"""`FigureCanvasAgg.tostring_rgb`, with which the API turns its plots into summaries."""

SYMPTOM = "AttributeError: 'FigureCanvasAgg' object has no attribute 'tostring_rgb'"
AFFECTS = "matplotlib 3.10 and newer"
UNTIL = "the API reads buffer_rgba() instead"


def apply() -> bool:
    """Adds the method where matplotlib has it no more."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    if hasattr(FigureCanvasAgg, "tostring_rgb"):
        return False
    FigureCanvasAgg.tostring_rgb = _tostring_rgb
    return True


def _tostring_rgb(canvas) -> bytes:
    """The rendered figure as RGB bytes, row by row from the top."""
    import numpy as np

    return np.asarray(canvas.buffer_rgba())[..., :3].tobytes()
