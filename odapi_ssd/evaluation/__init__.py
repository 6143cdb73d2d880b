"""`odapi-ssd evaluate`: the scores of a checkpoint."""
