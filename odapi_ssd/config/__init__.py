"""Pipeline configs: files, single fields, differences, paths, schedules, templates."""
