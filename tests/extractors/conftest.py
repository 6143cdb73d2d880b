"""Extractors to test, shared, as building a network takes seconds."""

import functools
import sys
import types
from collections.abc import Callable
from typing import Any

import pytest

from odapi_ssd.extractors.registry import EXTRACTORS, RegisteredExtractor

# The paper's: convolutions without batch normalization.
PLAIN = """
  activation: RELU
  regularizer { l2_regularizer { weight: 0.5 } }
  initializer { random_normal_initializer { stddev: 0.01 } }
"""


@pytest.fixture(scope="session")
def make_extractor(api: None) -> Callable[..., Any]:
    """Makes an extractor with its layers: `(type, hyperparams=…, **fields of its constructor)`."""
    from google.protobuf import text_format
    from object_detection.builders import hyperparams_builder
    from object_detection.protos import hyperparams_pb2

    def make(kind: str, hyperparams: str = PLAIN, **fields: Any) -> Any:
        proto = text_format.Parse(hyperparams, hyperparams_pb2.Hyperparams())
        options = {
            "is_training": True,
            "depth_multiplier": 1.0,
            "min_depth": 16,
            "pad_to_multiple": 1,
            "conv_hyperparams": hyperparams_builder.KerasLayerHyperparams(proto),
            "freeze_batchnorm": False,
            "inplace_batchnorm_update": False,
            **fields,
        }
        extractor = EXTRACTORS[kind].load_class()(**options)
        extractor.build(None)
        return extractor

    return make


@pytest.fixture(scope="session")
def extractor_of(make_extractor: Callable[..., Any]) -> Callable[[str], Any]:
    """One extractor of each type, for tests that do not change what others see of it."""
    return functools.cache(make_extractor)


@pytest.fixture(scope="session")
def randomize() -> Callable[[Any], list[Any]]:
    """Gives a network's variables random values, which it returns."""
    import numpy as np

    def randomize(network: Any) -> list[Any]:
        generator = np.random.default_rng(1)
        values = []
        for variable in network.variables:
            if "kernel" in variable.name:
                # Sums of as many terms as a kernel has inputs keep their size.
                deviation = (2 / np.prod(variable.shape[:-1])) ** 0.5
                values.append(generator.normal(0, deviation, variable.shape))
            else:
                values.append(generator.uniform(0.5, 1.5, variable.shape))
        network.set_weights(values)
        return values

    return randomize


@pytest.fixture
def register_extractor(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Registers an extractor for one test; `code`, if given, is the text of its module."""
    monkeypatch.setattr(EXTRACTORS, "_by_type", dict(EXTRACTORS))

    def register(name: str, backbone: str, class_path: str, code: str | None = None) -> None:
        if code is not None:
            module = types.ModuleType(class_path.partition(":")[0])
            exec(code, module.__dict__)
            monkeypatch.setitem(sys.modules, module.__name__, module)
        EXTRACTORS.add(RegisteredExtractor(name, backbone, class_path))

    return register
