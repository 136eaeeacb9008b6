"""Pictures of books."""
