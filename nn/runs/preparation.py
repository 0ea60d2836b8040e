"""From settings to data and a network, for training and predicting alike.

A network that gets other images than it was trained for, or differently scaled ones, gives wrong
answers without an error. So everything that works with a run prepares its data here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from nn.architecture.building import build_network
from nn.architecture.layer_list import hidden_layer_list
from nn.datasets.batches import Chunk, in_order
from nn.datasets.download import DownloadObserver
from nn.datasets.framing import Framing
from nn.datasets.images import ImageData, LabelledImages
from nn.datasets.normalization import Normalization, fit_normalization
from nn.datasets.picture_folders import Preparation
from nn.datasets.sources import load_images
from nn.datasets.split import Split, split_images
from nn.initializers import INITIALIZERS, Initializer
from nn.installation import REPOSITORY
from nn.network import Network
from nn.runs.random_streams import random_stream
from nn.runs.write_scope import is_below_working_folder
from nn.settings.declaration import Settings

Report = Callable[[object], None]  # called with each fact to report; str() of it is a sentence

_FEW = 100  # images whose ink may lie otherwise by chance


@dataclass(frozen=True)
class PreparedData:
    """Images, split and ready to be normalized.

    Attributes:
        images: The whole data set.
        split: Its training, validation and test part.
        normalization: Fitted on the training part, or that of a saved run.
        framing: How ink lies in the images, if it is that of the run whose network training starts
            from: they are placed like its own, or are too few to tell. None if they tell.
    """

    images: ImageData
    split: Split
    normalization: Normalization
    framing: Framing | None

    @property
    def summary(self) -> str:
        """Which images these are, and how many there are for each purpose."""
        split = self.split
        return (
            f"{self.images.name} ({self.images.source}): {len(split.training):,} training, "
            f"{len(split.validation):,} validation and {len(split.test):,} test images"
        )

    def in_order(self, part: LabelledImages) -> Callable[[], Iterable[Chunk]]:
        """Return a function that yields a part of the split, from the start at each call."""
        return partial(in_order, part, self.normalization)


def prepare_data(
    settings: Settings,
    *,
    normalization: Normalization | None = None,
    framing: Framing | None = None,
    report: Report | None = None,
    on_progress: DownloadObserver | None = None,
) -> PreparedData:
    """Load, split and normalize the images that the settings name.

    Args:
        settings: Those of the group "data", `data_dir`, `normalization` and `seed` are used.
        normalization: That of a saved run; fitted on the training images if None.
        framing: That of the run whose network training starts from; None if there is none.
        report: Called with each fact to report.
        on_progress: Told of a download's progress: file, bytes done, bytes in all.

    Raises:
        DataError: The images are missing or damaged.
    """
    images = load_images(
        settings.dataset,
        Path(settings.data_dir),
        pictures=Preparation(
            settings.prepare,
            settings.image_size,
            # A stranger's config may name a folder with pictures elsewhere, but not write there.
            keep=is_below_working_folder(settings.data_dir),
            colour=settings.color,
            framing=framing,
        ),
        beside=REPOSITORY,
        on_progress=on_progress,
        report=report,
    )
    split = split_images(
        images,
        settings.split,
        validation_size=settings.validation_size,
        test_size=settings.test_size,
        shuffle=settings.shuffle_split,
        rng=random_stream(settings.seed, "split"),
    )
    if normalization is None:
        normalization = fit_normalization(settings.normalization, split.training.images)
    placed_alike = images.dataset == "pictures" and settings.prepare == "digit"
    is_kept = placed_alike or len(split.training) < _FEW
    return PreparedData(images, split, normalization, framing if is_kept else None)


def prepare_network(
    settings: Settings,
    image_shape: tuple[int, ...],
    classes: int,
    *,
    initializer: Initializer | None = None,
    dtype: DTypeLike = np.float32,
) -> Network:
    """Build the network that the settings describe, with fresh weights.

    Args:
        settings: The layers, `initialization` and `seed` are used.
        image_shape: (H, W), or (3, H, W) in colour.
        classes: K.
        initializer: Draws the weights; the one that the settings name if None.
        dtype: float32, or float64 for gradient checks.
    """
    shorthand = settings.hidden_layers, settings.hidden_units, settings.activation
    return build_network(
        settings.layers or hidden_layer_list(*shorthand),
        input_shape=image_shape,
        classes=classes,
        initializer=initializer or INITIALIZERS[settings.initialization],
        rng=random_stream(settings.seed, "initialization"),
        dtype=dtype,
    )
