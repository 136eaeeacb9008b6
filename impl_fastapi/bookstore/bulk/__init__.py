"""Import and export of the whole catalogue."""
