"""Keras with its JAX backend, which compiles a step."""

import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"

import keras  # reads the variable
from keras import layers

from benchmarks.recipe import CLASSES, SIDE, Recipe, epochs, load


def learn(recipe: Recipe, seed: int, threads: int, data_dir: Path) -> float:
    """Train with `fit`, an epoch at a time; return the accuracy on the test images."""
    keras.utils.set_random_seed(seed)
    images = load(data_dir)
    network = _network(recipe)
    steps = len(images.labels) // recipe.batch_size * recipe.epochs
    rise = int(0.3 * steps)
    network.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(
                recipe.learning_rate / 25,
                steps - rise,
                warmup_target=recipe.learning_rate,
                warmup_steps=rise,
            )
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    for inputs, labels, _ in epochs(images, recipe, seed):
        network.fit(
            inputs.reshape(-1, SIDE * SIDE),
            labels.reshape(-1),
            batch_size=recipe.batch_size,
            shuffle=False,
            verbose=0,
        )
    answers = network.predict(images.test_inputs, batch_size=1000, verbose=0).argmax(1)
    return float((answers == images.test_labels).mean())


def _network(recipe: Recipe) -> keras.Sequential:
    found: list[keras.Layer] = [keras.Input((SIDE * SIDE,))]
    found += [layers.Reshape((SIDE, SIDE, 1))] if recipe.filters else []
    for filters in recipe.filters:
        found += [layers.Conv2D(filters, 5), layers.MaxPooling2D(2)]
        found += [layers.BatchNormalization()] if recipe.batch_norm else []
        found.append(layers.ReLU())
    found += [layers.Flatten()] if recipe.filters else []
    for units in recipe.hidden:
        found.append(layers.Dense(units))
        found += [layers.BatchNormalization()] if recipe.batch_norm else []
        found.append(layers.ReLU())
    return keras.Sequential([*found, layers.Dense(CLASSES)])
