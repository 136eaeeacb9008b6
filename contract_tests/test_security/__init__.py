"""Attacks, each named by its source: OWASP API Security Top 10 (2023), RFC 8725, RFC 6750, CWE."""
