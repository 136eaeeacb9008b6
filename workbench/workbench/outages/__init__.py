"""Stop each container under load, and count the failed requests (`make outages`)."""
