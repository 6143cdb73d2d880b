"""TFRecords: feature keys, writing, reading, counting."""
