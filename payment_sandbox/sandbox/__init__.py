"""A payment provider in a box: payments, refunds, a ledger, signed events, and faults on demand."""
