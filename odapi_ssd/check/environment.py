"""Diagnoses the environment: versions of packages, devices, one run of a model."""

import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata

import odapi_ssd
from odapi_ssd import compat, resources
from odapi_ssd.errors import OdapiError
from odapi_ssd.progress import SILENT, Progress

__all__ = [
    "PackageVersion",
    "list_devices",
    "list_packages",
    "require_expected",
    "run_model",
]

_PYTHONS = ((3, 10), (3, 12))
_MODEL_TEMPLATE = "ssd_mobilenet_v2_quickstart.config"
# Distribution -> the release that this project is made for; None for any.
_PACKAGES: dict[str, str | None] = {
    "tensorflow": "2.20",
    "tf_keras": "2.20",
    "tf-models-official": "2.20",
    "tf-models-research-object-detection": "2.8.0",
    "protobuf": None,
    "numpy": None,
    "pillow": None,
    "matplotlib": None,
    "lxml": None,
    "pycocotools": None,
    "tensorboard": None,
}


@dataclass(frozen=True)
class PackageVersion:
    """An installed package.

    Attributes:
        name: of the distribution.
        version: None if it is not installed.
        expected: the release that this project is made for; None for any.
    """

    name: str
    version: str | None
    expected: str | None

    @property
    def is_as_expected(self) -> bool:
        """Whether it is installed, in the release that this project is made for."""
        if self.version is None or self.expected is None:
            return self.version is not None
        return f"{self.version}.".startswith(f"{self.expected}.")


def list_packages() -> list[PackageVersion]:
    """Versions of Python and of the packages used; does not import TensorFlow.

    Raises:
        OdapiError: this Python is not supported, or packages are missing.
    """
    python = ".".join(map(str, sys.version_info[:3]))
    if not _PYTHONS[0] <= sys.version_info[:2] <= _PYTHONS[1]:
        raise OdapiError(
            f"Python {python} is not supported: TensorFlow 2.20's add-ons exist for 3.10 to 3.12.",
            hint="make the environment with such a Python.",
        )
    packages = [
        PackageVersion(name, _version(name), release) for name, release in _PACKAGES.items()
    ]
    missing = [package.name for package in packages if package.version is None]
    if missing:
        raise OdapiError(
            "Packages are missing:",
            details=missing,
            hint="install this project's requirements (scripts/setup.sh does).",
        )
    return [PackageVersion("Python", python, None), *packages]


def require_expected(packages: Iterable[PackageVersion]) -> None:
    """Refuses packages of releases that this project is not made for, even if they seem to work.

    Raises:
        OdapiError: there are such packages; all are named.
    """
    others = [package for package in packages if not package.is_as_expected]
    if others:
        raise OdapiError(
            "Packages are not of the release that odapi-ssd is made for:",
            details=[f"{one.name} {one.version}, expected {one.expected}" for one in others],
            hint="install this project's requirements (scripts/setup.sh does).",
        )


def list_devices() -> list[str]:
    """The devices that TensorFlow sees, such as `CPU:0`, with their product names if known."""
    tf = compat.import_tensorflow()
    devices = []
    for device in tf.config.list_physical_devices():
        details = tf.config.experimental.get_device_details(device)
        name = details.get("device_name")
        label = device.name.removeprefix("/physical_device:")
        devices.append(f"{label} ({name})" if name else label)
    return devices


def run_model(progress: Progress = SILENT) -> float:
    """Builds the smallest template's model and runs it on one image.

    Args:
        progress: gets one phase.
    Returns:
        The seconds taken.
    Raises:
        OdapiError: the model cannot be built or run.
    """
    from odapi_ssd.config.files import load_config

    start = time.monotonic()
    name = _MODEL_TEMPLATE.removesuffix(".config")
    progress.phase(f"Model: building {name} and running it once")
    odapi_ssd.register()
    try:
        import tensorflow as tf
        from object_detection.builders import model_builder

        config = load_config(resources.template_dir() / _MODEL_TEMPLATE)
        model = model_builder.build(config.model, is_training=False)
        images, true_shapes = model.preprocess(tf.zeros([1, 120, 200, 3]))
        detections = model.postprocess(model.predict(images, true_shapes), true_shapes)
        boxes_shape = detections["detection_boxes"].shape
    except OdapiError:
        raise
    except Exception as error:
        raise OdapiError(
            f"A model could not be built and run: {type(error).__name__}: {error}",
            hint="install the tested versions (scripts/setup.sh does); --verbose shows where.",
        ) from error
    if boxes_shape[-1] != 4:
        raise OdapiError(f"The model returned boxes of shape {boxes_shape}, not [1, N, 4].")
    return time.monotonic() - start


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
