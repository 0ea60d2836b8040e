"""scikit-learn's MLPClassifier: dense layers only, and a learning rate that stays as it is."""

import warnings
from pathlib import Path

from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from benchmarks.recipe import Recipe, load


def learn(recipe: Recipe, seed: int, threads: int, data_dir: Path) -> float:
    """Train with `fit`; return the accuracy on the test images."""
    images = load(data_dir)
    network = MLPClassifier(
        recipe.hidden,
        batch_size=recipe.batch_size,
        learning_rate_init=recipe.learning_rate,
        max_iter=recipe.epochs,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # that it could go on
        network.fit(images.inputs, images.labels)
    return float(network.score(images.test_inputs, images.test_labels))
