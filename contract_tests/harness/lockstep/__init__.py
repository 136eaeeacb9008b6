"""The same generated requests to several targets, whose answers nobody can tell apart."""
