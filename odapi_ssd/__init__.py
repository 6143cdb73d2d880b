"""odapi-ssd: the TensorFlow 2 Object Detection API, alive on today's TensorFlow.

Importing this package imports nothing heavy: no TensorFlow, no part of the API. What the API
needs to run is put in place by `register()`, explicitly.
"""

__version__ = "0.1.0"
__all__ = ["__version__", "register"]


def register() -> None:
    """Makes the API work on this stack and adds this project's models to it.

    Call it once, before the first import of `object_detection`; further calls do nothing.

    Raises:
        odapi_ssd.errors.OdapiError: TensorFlow was imported before with Keras 3, so that the
            API's Keras 2 models cannot be built in this process.
    """
    from odapi_ssd import plugin

    plugin.register()
