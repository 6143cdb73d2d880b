"""Checkpoints: which one is meant, what is inside, whose config it has, whether it fits a model."""
