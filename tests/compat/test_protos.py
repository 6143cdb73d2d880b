"""The API's generated protobuf modules."""

import importlib
import pkgutil

import pytest

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def test_every_proto_module_of_the_api_imports():
    from object_detection import protos

    names = [info.name for info in pkgutil.iter_modules(protos.__path__)]
    assert len(names) > 30
    for name in names:
        module = importlib.import_module(f"object_detection.protos.{name}")
        descriptor = module.DESCRIPTOR
        for message in descriptor.message_types_by_name:
            assert getattr(module, message)().IsInitialized() in (True, False)
        for enum in descriptor.enum_types_by_name.values():
            assert getattr(module, enum.name).Value(enum.values[0].name) is not None
