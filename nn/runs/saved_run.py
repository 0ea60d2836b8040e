"""A finished run brought back to life: its network, fed exactly as it was in training."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.datasets.download import DownloadObserver
from nn.datasets.normalization import Normalization
from nn.errors import DataError, SettingError
from nn.losses import SoftmaxCrossEntropy, softmax
from nn.network import Network
from nn.runs.file_names import SETTINGS
from nn.runs.predictions import Predictions
from nn.runs.preparation import Report, prepare_data, prepare_network
from nn.runs.run_folder import DataFacts, RunFolder
from nn.runs.write_scope import check_data_dir
from nn.settings.declaration import Settings
from nn.training.evaluation import evaluate


@dataclass(frozen=True)
class SavedRun:
    """A run as its folder holds it.

    Attributes:
        folder: Where it came from.
        settings: Those it was trained with.
        network: With the trained numbers, to the last bit.
        normalization: What its network expects to be done to pixels.
        facts: About the images it was trained for.
    """

    folder: RunFolder
    settings: Settings
    network: Network
    normalization: Normalization
    facts: DataFacts

    def predict(self, images: NDArray[np.number]) -> NDArray[np.int64]:
        """Return the class of each image, (N,), as predict.py does.

        Args:
            images: (N, H, W) or rows (N, D): whole numbers from 0 to 255, or floats from 0 to 1.
        """
        pixels = images if np.issubdtype(images.dtype, np.integer) else images * 255
        return self.network.predict(self.normalization.apply(pixels))


def load_run(folder: RunFolder) -> SavedRun:
    """Rebuild a run's network from its folder.

    Raises:
        RunFolderError: a file is missing, damaged, or belongs to another run, or the run was
            trained further meanwhile.
        SettingError: `settings.yaml` is missing or damaged.
    """
    with folder.read_as_one():
        settings = folder.read_settings()
        facts = folder.read_data_facts()
        shape = facts.image_height, facts.image_width
        try:
            network = prepare_network(settings, shape, facts.classes, initializer=_zeros)
        except SettingError as error:
            raise SettingError(f"{folder.path / SETTINGS}: {error}") from None
        folder.read_network(network)
        normalization = folder.read_normalization()
    return SavedRun(folder, settings, network, normalization, facts)


def _zeros(shape: tuple[int, ...], *, fan_in: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Leave the weights empty: the folder's are to take their place, and drawing takes time."""
    return np.zeros(shape)


def predict_test_set(
    run: SavedRun,
    *,
    data_dir: str | None = None,
    report: Report = lambda message: None,
    on_download: DownloadObserver | None = None,
) -> Predictions:
    """Return what the run's network says about its own test images.

    Args:
        run: The run.
        data_dir: Folder of the data files; the one it was trained with if None.
        report: Told when the images are not those of the training.
        on_download: Told of a download's progress.

    Raises:
        DataError: the images cannot be had, or have another size.
        SettingError: the run's settings lead to a folder elsewhere that holds no images.
    """
    settings = run.settings
    if data_dir is not None:
        settings = settings.model_copy(update={"data_dir": data_dir})
    else:
        check_data_dir(run.folder.path, settings)
    data = prepare_data(
        settings, normalization=run.normalization, report=report, on_progress=on_download
    )
    facts = DataFacts.of(data.images)
    if _size(facts) != _size(run.facts):
        raise DataError(
            f"{data.images.source}: images of {_size(facts)}, but {run.folder.name} was trained "
            f"on images of {_size(run.facts)}. Name the folder of those with --data-dir."
        )
    if facts != run.facts:
        report(
            f"These are not the images that {run.folder.name} was trained and tested with, so "
            "its test accuracy will not be the one that training printed."
        )
    test = data.split.test
    evaluation = evaluate(run.network, SoftmaxCrossEntropy(), data.in_order(test)())
    title = f"{data.images.name}, {run.folder.name}"
    return Predictions(test.images, test.labels, softmax(evaluation.logits), title)


def _size(facts: DataFacts) -> str:
    return f"{facts.image_height} x {facts.image_width} pixels in {facts.classes} classes"


def predict_picture(run: SavedRun, path: Path) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return what a run's network says about a person's own picture.

    Args:
        run: The run.
        path: A picture in any format, dark on light or light on dark.

    Returns:
        The image that the network saw, (H, W), and the probabilities it gave, (K,).

    Raises:
        DataError: the file is no picture, or shows nothing.
    """
    from nn.datasets.picture import prepare_picture  # brings Pillow, which only this needs

    image = prepare_picture(path, (run.facts.image_height, run.facts.image_width))
    logits = run.network.forward(run.normalization.apply(image[np.newaxis]))
    return image, softmax(logits)[0]
