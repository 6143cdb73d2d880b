"""What commands set up before they import TensorFlow."""

import logging
import os
import warnings

__all__ = ["quiet_tensorflow"]


def quiet_tensorflow(verbose: bool) -> None:
    """Silences TensorFlow's start-up noise; call it before TensorFlow is imported.

    Args:
        verbose: leave everything as it is.
    """
    if verbose:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    warnings.filterwarnings("ignore")
    from absl import logging as absl_logging

    absl_logging.set_verbosity(absl_logging.ERROR)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
