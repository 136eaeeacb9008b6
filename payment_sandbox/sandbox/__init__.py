"""A payment provider for development: payments, refunds, a ledger, signed events, faults."""
