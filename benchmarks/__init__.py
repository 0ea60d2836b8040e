"""How fast the trainer is, compared with others that do exactly the same work.

A claim about speed means something only beside another figure from the same minutes on the same
machine. So contestants take turns, and figures are ratios with their spread.

`python -m benchmarks` runs all of it.
"""
