"""Explaining: one training step with all its numbers."""
