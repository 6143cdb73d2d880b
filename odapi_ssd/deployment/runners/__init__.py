"""Runners of exported models: one module per format.

A runner is made from the path of an exported model. Called with one image, uint8 [H, W, 3] RGB, it
returns a `deployment.detections.ModelOutput`.
"""
