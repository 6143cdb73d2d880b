"""`odapi-ssd configure`: a pipeline config from a template, converted data and a training mode."""
