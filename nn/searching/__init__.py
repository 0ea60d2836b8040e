"""Searching for good settings: many trials, in one process or several."""
