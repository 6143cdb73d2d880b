"""Programs for maintainers; run them from the project's root with `python -m tools.NAME`."""
