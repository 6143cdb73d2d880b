"""Pipeline configs: files, single fields, schedules, templates. Needs the API's protos, no TensorFlow."""
