"""From a checkpoint to detections: export, detect, visualization."""
