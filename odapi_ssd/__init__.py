"""odapi-ssd: the TensorFlow 2 Object Detection API, alive on today's TensorFlow.

Importing this package changes nothing and imports neither TensorFlow nor the API. `register()`
patches them, and adds this project's models.
"""

__version__ = "0.1.0"
__all__ = ["__version__", "register"]


def register() -> None:
    """Makes the API work on this stack, and adds this project's models to it.

    Activates the patches of `compat`, then extends the API's model builder by the feature
    extractors and the SSD of `plugin`. Call it before the first import of `object_detection`;
    further calls do nothing.

    Raises:
        odapi_ssd.errors.OdapiError: TensorFlow was imported before with Keras 3, so that the
            API's Keras 2 models cannot be built in this process.
    """
    from odapi_ssd import plugin

    plugin.register()
