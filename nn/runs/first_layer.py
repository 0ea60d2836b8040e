"""The first layer's weights while they were learned: what each unit looks for in an image.

A unit of a first dense layer has one weight for each pixel, so its weights are an image
themselves. They start as noise; how strokes emerge from it is the clearest view of learning that a
network offers. The start is drawn again from the seed, the end is in `weights_1.csv`, and one more
file keeps the moment that both would hide: the end of the first epoch.
"""

import math
from dataclasses import dataclass

from nn.layers.convolution import Convolution
from nn.layers.dense import Dense
from nn.layers.layer import Array
from nn.network import Network
from nn.runs.csv_files import read_array, write_array
from nn.runs.preparation import prepare_network
from nn.runs.run_folder import RunFolder
from nn.training.history import EpochRecord
from nn.training.trainer import Observer

LAST = "weights_1.csv"
EPOCH_1 = "first_layer_epoch_1.csv"
MOST_NUMBERS = 2**22


@dataclass(frozen=True)
class FirstLayer:
    """The first layer of a run at several moments.

    Attributes:
        moments: The weights (D, U), one row per pixel, by the moment's name; in order.
        image_shape: (H, W), with H x W = D; or (3, H, W), with 3 x H x W = D.
        unit: What the layer has one of for each column: `unit`, or `class` without hidden layers.
    """

    moments: dict[str, Array]
    image_shape: tuple[int, ...]
    unit: str = "unit"

    def unit_name(self, count: int) -> str:
        """Return the word for that many units."""
        plural = {"unit": "units", "class": "classes"}
        return self.unit if count == 1 else plural[self.unit]


def unit_of(network: Network) -> str:
    """Return what the first layer with weights has several of: `filter`, `class` or `unit`."""
    first, *others = [layer for layer in network.layers if "weights" in layer.arrays]
    if isinstance(first, Convolution):
        return "filter"
    return "unit" if others else "class"


def pixel_weights(network: Network) -> Array | None:
    """Return the weights (D, U) of a first layer that is dense, or None where it is none.

    Layers that pass on each pixel separately (dropout, batch normalization) may stand before it.
    """
    for layer in network.layers:
        if isinstance(layer, Dense):
            return layer.weights.value
        if "weights" in layer.arrays or math.prod(layer.output_shape) < math.prod(
            layer.input_shape
        ):
            return None
    return None


class FirstLayerWriter(Observer):
    """Writes `first_layer_epoch_1.csv` after the first epoch, if the first layer is dense.

    A layer with more than 4 million weights is written only once, at the end.
    """

    def __init__(self, folder: RunFolder, network: Network) -> None:
        self._folder = folder
        weights = pixel_weights(network)
        self._weights = None if weights is None or weights.size > MOST_NUMBERS else weights

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Write the file after the first epoch, and nothing after the others."""
        if record.epoch == 1 and self._weights is not None:
            write_array(self._folder.path / EPOCH_1, self._weights)


def copy_epoch_1(source: RunFolder, target: RunFolder, network: Network) -> None:
    """Copy `first_layer_epoch_1.csv` to a run that continues another one, if there is one.

    Raises:
        RunFolderError: The file is damaged, or the folder cannot be written.
    """
    weights = pixel_weights(network)
    if weights is not None and (source.path / EPOCH_1).is_file():
        write_array(target.path / EPOCH_1, read_array(source.path / EPOCH_1, weights.shape))


def read_first_layer(folder: RunFolder, trained: Network | None = None) -> FirstLayer | None:
    """Return a run's first layer at its start, after one epoch and at the end; None if not dense.

    A run without `first_layer_epoch_1.csv` lacks that moment, and one that started from another
    run's network lacks the start.

    Args:
        folder: The run's folder.
        trained: The run's network, if it is still in memory; else its first layer is read.

    Raises:
        RunFolderError: a file of the run is missing or damaged.
        SettingError: `settings.yaml` is missing or damaged.
    """
    facts = folder.read_data_facts()
    # With the run's seed, this network has the very weights that the run began with.
    settings = folder.read_settings()
    network = prepare_network(settings, facts.image_shape, facts.classes)
    weights = pixel_weights(network)
    if weights is None:
        return None
    epochs = folder.read_result().epochs
    moments = {} if settings.start_from else {"at the start": weights}
    if epochs > 1 and (folder.path / EPOCH_1).is_file():
        moments["after epoch 1"] = read_array(folder.path / EPOCH_1, weights.shape)
    last = f"at the end, epoch {epochs}" if epochs else "at the end"
    in_memory = pixel_weights(trained) if trained else None
    if in_memory is None:
        in_memory = read_array(folder.path / LAST, weights.shape)
    moments[last] = in_memory
    return FirstLayer(moments, facts.image_shape, unit_of(network))
