"""`odapi-ssd anchors`: a config's anchors, and which boxes of the records they match."""
