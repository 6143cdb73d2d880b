"""Outputs of commands: a command replaces and deletes only what an earlier run of it wrote.

What a command writes carries a mark: a folder has a manifest, the hidden file `.odapi-ssd.json`,
with a digest of every file (`manifest.py`); a single text file says the digest of its other lines
in the first one (`text_file.py`). Whatever else is in the way is named and refused, unless the user
gives `--overwrite`. Files appear complete or not at all (`folder.py`), and what a process that was
killed has left is cleared by the next one (`leftovers.py`, and `text_file.py` for its own).
"""
