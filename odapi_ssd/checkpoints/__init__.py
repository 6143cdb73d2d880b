"""Checkpoints: their paths and contents, the config of their training, the models that they fit."""
