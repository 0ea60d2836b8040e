"""All formats, in the order in which they are tried."""

# Imported here, since a late import is not instrumented (nn) or is reported by the guard (SciPy).
import scipy.ndimage  # noqa: F401

import nn.datasets.csv_images
import nn.datasets.pickled  # noqa: F401
from fuzzing.formats import (
    Format,
    arrays,
    batches,
    checkpoints,
    configs,
    csv_images,
    folders,
    idx,
    mapping,
    pickles,
    pictures,
    run_folder,
)

FORMATS: dict[str, Format] = {
    one.FORMAT.name: one.FORMAT
    for one in (
        *(idx, mapping, csv_images, arrays, pickles, batches, folders),
        *(configs, run_folder, checkpoints, pictures),
    )
}
