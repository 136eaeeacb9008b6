"""Users, sessions, roles."""
