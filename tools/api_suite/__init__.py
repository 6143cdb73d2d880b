"""The API's own TF2 tests on this stack, compared with a list of expected failures."""
