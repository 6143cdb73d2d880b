"""One module per kind of input, with `write_seeds` and `Target`; see `tools.fuzz.target`."""
