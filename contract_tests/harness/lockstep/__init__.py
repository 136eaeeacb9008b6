"""Differential testing: several targets must respond alike to the same generated requests."""
