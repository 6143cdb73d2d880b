"""Trials of the templates, from data to exported model: `python -m tools.try_templates`."""
