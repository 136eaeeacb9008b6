"""The layout, version by version."""
