"""The rules of the shop, by domain, with exact answers."""
