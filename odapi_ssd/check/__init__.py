"""Finds what would go wrong later: one module per topic, one report."""
