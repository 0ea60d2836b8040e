"""A finished run, loaded: its network, with inputs prepared exactly as in training."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn.datasets.download import DownloadObserver
from nn.datasets.framing import Framing
from nn.datasets.normalization import Normalization
from nn.errors import DataError, SettingError
from nn.losses import LOSSES, Loss
from nn.network import Network
from nn.runs.class_names_file import read_class_names
from nn.runs.data_facts import DataFacts
from nn.runs.file_names import SETTINGS
from nn.runs.predictions import Predictions
from nn.runs.preparation import Report, prepare_data, prepare_network
from nn.runs.run_folder import RunFolder
from nn.runs.shifted_images import evaluate_shifted
from nn.runs.write_scope import check_data_dir
from nn.settings.declaration import Settings


@dataclass(frozen=True)
class SavedRun:
    """A run, loaded from its folder.

    Attributes:
        folder: Its folder.
        settings: Those it was trained with.
        network: With exactly the trained parameters.
        normalization: How pixels are scaled for its network.
        facts: Facts about its training images.
        framing: How their ink lies in their frame.
        class_names: The names of the K classes; empty if its data have none.
    """

    folder: RunFolder
    settings: Settings
    network: Network
    normalization: Normalization
    facts: DataFacts
    framing: Framing
    class_names: tuple[str, ...] = ()

    @property
    def framing_taken_over(self) -> Framing | None:
        """How pictures are placed like those of the run it started from; None if from none."""
        return self.framing if self.settings.start_from else None

    @property
    def loss(self) -> Loss:
        """What its training minimized; it turns logits into probabilities."""
        return LOSSES[self.settings.loss]

    def predict(self, images: NDArray[np.number]) -> NDArray[np.int64]:
        """Return the class of each image, (N,), as predict.py does.

        Args:
            images: (N, H, W), (N, 3, H, W) or rows (N, D): whole numbers from 0 to
                255, or floats from 0 to 1.
        """
        pixels = images if np.issubdtype(images.dtype, np.integer) else images * 255
        return self.network.predict(self.normalization.apply(pixels))


def load_run(folder: RunFolder, network: Network | None = None) -> SavedRun:
    """Rebuild a run's network from its folder.

    Args:
        folder: The run's folder.
        network: With the very parameters that were written there, if it is still in memory: what
            would be read is the same to the last bit.

    Raises:
        RunFolderError: A file is missing, damaged or from another run, or the run was resumed
            meanwhile.
        SettingError: `settings.yaml` is missing or damaged.
    """
    with folder.read_as_one():
        settings = folder.read_settings()
        facts = folder.read_data_facts()
        network = network or _read_network(folder, settings, facts)
        normalization = folder.read_normalization()
        framing = folder.read_framing(facts.image_shape)
        class_names = read_class_names(folder.path, facts.classes)
    return SavedRun(folder, settings, network, normalization, facts, framing, class_names)


def _read_network(folder: RunFolder, settings: Settings, facts: DataFacts) -> Network:
    try:
        network = prepare_network(settings, facts.image_shape, facts.classes, initializer=_zeros)
    except SettingError as error:
        raise SettingError(f"{folder.path / SETTINGS}: {error}") from None
    folder.read_network(network)
    return network


def _zeros(shape: tuple[int, ...], *, fan_in: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return zeros: the folder's weights replace them, and random ones take time."""
    return np.zeros(shape)


def predict_test_set(
    run: SavedRun,
    *,
    data_dir: str | None = None,
    report: Report = lambda message: None,
    on_download: DownloadObserver | None = None,
) -> Predictions:
    """Return what a run's network predicts for its own test images.

    Args:
        run: The run.
        data_dir: Folder of the data files; that of the training if None.
        report: Told if the images are not those of the training.
        on_download: Told of a download's progress.

    Raises:
        DataError: The images are missing, damaged, or of another size.
        SettingError: The run's settings name a folder elsewhere that holds no images.
    """
    settings = run.settings
    if data_dir is not None:
        settings = settings.model_copy(update={"data_dir": data_dir})
    else:
        check_data_dir(run.folder.path, settings)
    data = prepare_data(
        settings,
        normalization=run.normalization,
        framing=run.framing_taken_over,
        report=report,
        on_progress=on_download,
    )
    facts = DataFacts.of(data.images)
    if facts.size != run.facts.size:
        raise DataError(
            f"{data.images.source}: images of {facts.size}, but {run.folder.name} was trained "
            f"on images of {run.facts.size}. Pass the folder of those with --data-dir."
        )
    if facts != run.facts:
        report(
            f"These are not the images that {run.folder.name} was trained and tested with, so "
            "its test accuracy will differ from the one after training."
        )
    test = data.split.test
    evaluation = evaluate_shifted(run.network, run.loss, data, test, settings.test_shift)
    title = f"{data.images.name}, {run.folder.name}"
    probabilities = run.loss.probabilities(evaluation.logits)
    return Predictions(test.images, test.labels, probabilities, title, run.class_names)
