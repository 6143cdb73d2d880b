"""`odapi-ssd import-weights`: weights of other programs into a checkpoint.

`sources/` has one file per program that weights come from, `readers/` one per file format.
"""
