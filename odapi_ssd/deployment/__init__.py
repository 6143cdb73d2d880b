"""From a checkpoint to detections: export, runners of exported models, detection, drawing."""
