"""Runs the API's own TF2 tests on this stack and holds them against what is expected to fail."""
