"""The whole shop against one in plain Python: whatever several people do, both say the same."""
