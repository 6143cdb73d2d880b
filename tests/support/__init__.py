"""What tests share: datasets, reference models, runs."""
