"""What readers say of books."""
