"""Weights that other programs have saved, into checkpoints of the API."""
