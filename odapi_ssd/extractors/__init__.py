"""Feature extractors of SSD beyond the API's own: one module per network, one `registry`."""
