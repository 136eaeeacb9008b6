"""Health, and the contract itself."""
