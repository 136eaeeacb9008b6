"""Money in, money back."""
