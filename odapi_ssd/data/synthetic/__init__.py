"""The embedded dataset: shapes that the program draws."""
