"""The bookstore, in Flask."""
