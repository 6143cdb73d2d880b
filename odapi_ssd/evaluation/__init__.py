"""`odapi-ssd evaluate`: a checkpoint on the images of a split."""
