"""Training: the loop, and what it remembers."""
