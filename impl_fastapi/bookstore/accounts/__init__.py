"""Users, sessions and their tokens."""
