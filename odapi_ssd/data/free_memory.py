"""Gives memory that is free again back to the system.

What listings and parsed files took stays with the process otherwise, beside that of its workers.
"""

import ctypes
import gc

__all__ = ["return_free_memory"]


def return_free_memory() -> None:
    """Has the C library return what it can; does nothing where it has no such function (glibc)."""
    gc.collect()
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return
    trim(0)
