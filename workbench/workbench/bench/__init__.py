"""`make bench`: the processor time of requests, held against a floor or another version."""
