"""Ways to damage what is valid: bytes, text, and the structures of some formats."""
