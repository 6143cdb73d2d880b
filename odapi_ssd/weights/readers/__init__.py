"""Readers of weight files, one per format: each gives the file's arrays by name, read on demand."""
