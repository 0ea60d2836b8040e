"""How fast the trainer is, against others that do exactly the same work.

A claim of speed means something only beside another figure taken in the same minutes on the same
machine, so everything here is measured in turns, and reported as a ratio with its spread.

`python -m benchmarks` runs all of it.
"""
