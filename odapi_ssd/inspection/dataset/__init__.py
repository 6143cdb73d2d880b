"""`odapi-ssd inspect`: a dataset on one page, and all that is wrong with it."""
