"""Who is timed to an accuracy: one file each, imported only in that learner's own process.

`learn(recipe, seed, threads, data_dir)` trains a network and returns its accuracy on the official
test images.
"""

LEARNERS = {
    "ours": "this trainer",
    "ours_compiled": "this trainer, compiled",
    "pytorch": "PyTorch",
    "jax_scan": "JAX",
    "keras_on_jax": "Keras on JAX",
    "scikit_learn": "scikit-learn",
}
"""Module name to the name in the table."""

REQUIRES = {
    "ours_compiled": "numba",
    "pytorch": "torch",
    "jax_scan": "jax",
    "keras_on_jax": "keras",
    "scikit_learn": "sklearn",
}
"""Module name to the package it cannot do without."""
