"""`odapi-ssd train`: checks a config, then trains its model."""
