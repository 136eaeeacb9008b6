"""Authors, categories, books."""
