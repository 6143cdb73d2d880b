"""What commands set up before they import TensorFlow."""

import logging
import os
import warnings

__all__ = ["quiet_native_code", "quiet_tensorflow"]


def quiet_native_code(verbose: bool) -> None:
    """Silences what TensorFlow's C++ code says at its start; call it before its import.

    Args:
        verbose: leave everything as it is.
    """
    if not verbose:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ.setdefault("GRPC_VERBOSITY", "ERROR")


def quiet_tensorflow(verbose: bool) -> None:
    """Silences TensorFlow, the API and Python's warnings; call it before TensorFlow's import.

    Args:
        verbose: leave everything as it is.
    """
    if verbose:
        return
    quiet_native_code(verbose)
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
