"""Checkpoints: resolving a path, what is inside, which config it belongs to, whether it fits a model."""
