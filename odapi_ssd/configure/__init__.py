"""`odapi-ssd configure`: a ready pipeline config from a template, converted data and a training mode."""
