"""Bytes over a socket, and what JSON bodies may be."""
