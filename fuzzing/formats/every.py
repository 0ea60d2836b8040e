"""All formats, in the order in which they are tried."""

# Otherwise imported late, when nothing is watched any more.
import nn.datasets.csv_images
import nn.datasets.pickled  # noqa: F401
from fuzzing.formats import (
    Format,
    checkpoints,
    configs,
    csv_images,
    idx,
    pickles,
    pictures,
    run_folder,
)

FORMATS: dict[str, Format] = {
    one.FORMAT.name: one.FORMAT
    for one in (idx, csv_images, pickles, configs, run_folder, checkpoints, pictures)
}
