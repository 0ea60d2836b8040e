"""Who takes part: one file each, imported only in that contestant's own process.

A contestant is a class `Contestant(work, images, labels)` with two methods: `run()` takes one step
for every batch of the images, in order, and returns when all of them are done; `parameters()`
returns weights (inputs, units) and biases, alternating, as `Work.first_parameters` does.
"""

CONTESTANTS = {
    "products": "the two large matrix products alone",
    "all_products": "all matrix products alone",
    "ours": "this trainer",
    "ours_compiled": "this trainer, compiled",
    "jax_scan": "JAX, epoch as a compiled scan",
    "pytorch": "PyTorch, eager",
    "scikit_learn": "scikit-learn MLPClassifier",
}
"""Module name to the name in the table."""

REQUIRES = {
    "ours_compiled": "numba",
    "jax_scan": "jax",
    "pytorch": "torch",
    "scikit_learn": "sklearn",
}
"""Module name to the package it cannot do without."""
