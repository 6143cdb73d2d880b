"""Measurements against the API and other peers, run by hand."""
