"""Feeds mutated files to the program's readers and reports whatever escapes them."""
