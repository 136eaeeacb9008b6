"""The append-only ledger of stock."""
