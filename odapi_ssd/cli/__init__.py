"""The console command `odapi-ssd`: one module per command, loaded when it is called.

A command's module parses, calls and prints; it imports what is heavy inside its function, so that
every `--help` answers at once. Exit status: 0 done, 1 the work failed, 2 the call was wrong.
"""

from odapi_ssd.cli.entry_point import main

__all__ = ["main"]
