"""Resuming and extending runs."""
