"""What commands set up before they import TensorFlow."""

import logging
import os
import warnings

__all__ = ["quiet_native_code", "quiet_tensorflow", "show_api_progress"]


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


def show_api_progress(verbose: bool) -> None:
    """Shows what the API's own loops log of their progress, which they leave to the log alone.

    Args:
        verbose: leave everything else as it is; if not, it is silenced.
    """
    logger = logging.getLogger("tensorflow")
    logger.setLevel(logging.INFO)
    logger.propagate = False  # or each line comes twice: lvis gives the root logger a handler
    if verbose:
        return
    quiet_native_code(verbose)
    warnings.filterwarnings("ignore")
    # Its warnings are of functions that TensorFlow will remove one day, page after page.
    logger.addFilter(lambda record: record.levelno != logging.WARNING)
