"""Looking at anchors and data before training."""
