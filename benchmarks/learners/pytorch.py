"""PyTorch: layers in a row, steps one by one."""

from pathlib import Path

import torch
from torch import nn

from benchmarks.recipe import CLASSES, SIDE, Recipe, epochs, load


def learn(recipe: Recipe, seed: int, threads: int, data_dir: Path) -> float:
    """Train with Adam; return the accuracy on the test images."""
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    images = load(data_dir)
    network = _network(recipe)
    loss = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(network.parameters(), fused=True)
    for inputs, labels, rates in epochs(images, recipe, seed):
        batches = zip(torch.from_numpy(inputs), torch.from_numpy(labels), rates, strict=True)
        for batch, truth, rate in batches:
            optimizer.param_groups[0]["lr"] = float(rate)
            optimizer.zero_grad()
            loss(network(batch), truth).backward()
            optimizer.step()
    network.eval()
    with torch.inference_mode():
        parts = torch.from_numpy(images.test_inputs).split(1000)
        answers = torch.cat([network(part).argmax(1) for part in parts]).numpy()
    return float((answers == images.test_labels).mean())


def _network(recipe: Recipe) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Unflatten(1, (1, SIDE, SIDE))] if recipe.filters else []
    channels = 1
    for filters in recipe.filters:
        layers += [nn.Conv2d(channels, filters, 5), nn.MaxPool2d(2)]
        layers += [nn.BatchNorm2d(filters)] if recipe.batch_norm else []
        layers.append(nn.ReLU())
        channels = filters
    layers += [nn.Flatten()] if recipe.filters else []
    features = recipe.flattened
    for units in recipe.hidden:
        layers.append(nn.Linear(features, units))
        layers += [nn.BatchNorm1d(units)] if recipe.batch_norm else []
        layers.append(nn.ReLU())
        features = units
    return nn.Sequential(*layers, nn.Linear(features, CLASSES))
