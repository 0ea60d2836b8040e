"""The network as it was after some of its epochs, for the film of its learning on the page.

A curve says that a network became better, but not at what. With the numbers of earlier epochs the
page can show the weights as they were, and what was mistaken for what.

Each file holds all arrays one after the other as float32, little-endian, without a header: nothing
in it has to be parsed, and one of another length belongs to another network.
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.files.atomic_write import write_atomically
from nn.files.file_errors import writing
from nn.files.regular_file import read_regular
from nn.network import Network
from nn.runs.run_folder import RunFolder
from nn.training.history import EpochRecord
from nn.training.trainer import Observer

MOST = 20
MOST_BYTES = 10_000_000
"""Of all snapshots of a run."""

_NAME = re.compile(r"snapshot_([1-9][0-9]{0,8})\.f32")


class SnapshotWriter(Observer):
    """Writes `snapshot_<epoch>.f32` after every epoch, or every few epochs if there are many.

    Args:
        folder: The run's folder.
        network: The network that is trained.
        epochs: The number of epochs the run is to have.
    """

    def __init__(self, folder: RunFolder, network: Network, epochs: int) -> None:
        self._folder = folder
        self._network = network
        self._kept = _kept_epochs(network, epochs)

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Write one, if it is the epoch's turn."""
        if record.epoch in self._kept:
            path = _file(self._folder, record.epoch)
            with writing(path):
                write_atomically(path, _numbers(self._network).tobytes())


def copy_snapshots(
    finished: RunFolder, extension: RunFolder, network: Network, epochs: int
) -> None:
    """Copy the snapshots of a finished run that a longer one, of so many epochs, has as well."""
    for epoch in _kept_epochs(network, epochs):
        try:
            content = read_regular(_file(finished, epoch), 4 * _size(network), follow_link=False)
        except OSError:  # a film can do without
            continue
        path = _file(extension, epoch)
        with writing(path):
            write_atomically(path, content)


def room_for(network: Network) -> int:
    """Return how many snapshots of a network a run keeps."""
    return min(MOST, MOST_BYTES // max(1, 4 * _size(network)))


def read_snapshots(folder: RunFolder, network: Network) -> Iterator[int]:
    """Give a network the numbers of one snapshot after the other.

    Files that are damaged, or whose numbers are not finite, are passed over: a film can do without.

    Args:
        folder: The run's folder.
        network: A network of the run's layers; it is overwritten.

    Yields:
        The epoch whose numbers the network has now, at most `MOST`, ascending.
    """
    found = (_NAME.fullmatch(path.name) for path in folder.path.iterdir())
    size = _size(network)
    for epoch in sorted(int(match[1]) for match in found if match)[:MOST]:
        try:
            content = read_regular(_file(folder, epoch), 4 * size + 1, follow_link=False)
        except OSError:
            continue
        numbers = np.frombuffer(content, "<f4") if len(content) == 4 * size else np.array([])
        if numbers.size != size or not np.isfinite(numbers).all():
            continue
        start = 0
        for array in network.arrays.values():
            array[...] = numbers[start : start + array.size].reshape(array.shape)
            start += array.size
        yield epoch


def _kept_epochs(network: Network, epochs: int) -> range:
    """Return the epochs that are kept, which depend on nothing that an interruption changes."""
    room = room_for(network)
    step = math.ceil(epochs / max(1, room))
    return range(step, epochs + 1, step) if room else range(0)


def _file(folder: RunFolder, epoch: int) -> Path:
    return folder.path / f"snapshot_{epoch}.f32"


def _size(network: Network) -> int:
    return sum(array.size for array in network.arrays.values())


def _numbers(network: Network) -> NDArray[np.float32]:
    arrays = [np.ravel(array) for array in network.arrays.values()]
    return np.concatenate(arrays).astype("<f4")
