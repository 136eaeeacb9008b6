"""Authors, categories and books."""
