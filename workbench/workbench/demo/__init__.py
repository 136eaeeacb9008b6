"""Show what a shop can do, with real requests and responses (`make demo`)."""
