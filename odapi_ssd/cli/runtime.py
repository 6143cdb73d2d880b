"""What commands set before they import TensorFlow: how much it logs."""

import logging
import os
import warnings

__all__ = ["quiet_native_code", "quiet_tensorflow", "show_api_progress"]


def quiet_native_code(verbose: bool) -> None:
    """Silences the start-up messages of TensorFlow's C++ code; call it before the import.

    Args:
        verbose: change nothing.
    """
    if not verbose:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ.setdefault("GRPC_VERBOSITY", "ERROR")


def quiet_tensorflow(verbose: bool) -> None:
    """Silences TensorFlow, the API and Python's warnings; call it before the import.

    Args:
        verbose: change nothing.
    """
    if verbose:
        return
    quiet_native_code(verbose)
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)


def show_api_progress(verbose: bool) -> None:
    """Shows the log of the API's own loops, their only report of progress, without its warnings.

    Args:
        verbose: leave the warnings and everything else as they are.
    """
    logger = logging.getLogger("tensorflow")
    logger.setLevel(logging.INFO)
    logger.propagate = False  # or each line comes twice: lvis gives the root logger a handler
    if verbose:
        return
    quiet_native_code(verbose)
    warnings.filterwarnings("ignore")
    # Pages of warnings about functions that TensorFlow means to remove.
    logger.addFilter(lambda record: record.levelno != logging.WARNING)
