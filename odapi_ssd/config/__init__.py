"""Pipeline configs: files, single fields, schedules, templates. Needs protos, not TensorFlow."""
