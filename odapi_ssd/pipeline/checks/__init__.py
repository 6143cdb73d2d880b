"""The parts of `odapi_ssd.pipeline.check`: one module per thing that is checked."""
