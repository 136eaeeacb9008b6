"""The reader: the three implementations side by side, as pages and on the terminal."""
