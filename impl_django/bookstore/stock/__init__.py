"""What is on the shelves, as an append-only ledger."""
