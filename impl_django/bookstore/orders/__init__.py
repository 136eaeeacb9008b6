"""From the cart to the door."""
