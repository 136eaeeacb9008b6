"""Many at once: real parallel clients on one worker and on four."""
