"""The documentation, and what keeps its parts alike."""
