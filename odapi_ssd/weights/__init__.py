"""`odapi-ssd import-weights`: weights from elsewhere, one module per source."""
