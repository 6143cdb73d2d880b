"""The parts of `odapi_ssd.check.report`: one module per thing that is checked."""
