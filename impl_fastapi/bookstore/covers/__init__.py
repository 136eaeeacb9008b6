"""Cover pictures."""
