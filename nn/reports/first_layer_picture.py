"""A picture of the first layer while it learns: each unit's weights as an image, and all in one.

64 images side by side show what single units respond to. One colour image shows which pixels the
whole layer uses alike: every pixel is a point with one coordinate for each unit, principal
component analysis finds the three directions in which the pixels differ most, and these become
red, green and blue. Pixels that never hold ink keep their initial noise.

Of images in colour, a unit has three weights for each pixel. They are drawn as its colour: grey
where all are 0, redder where red speaks for the unit, and so on.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.files.file_errors import writing
from nn.layers.layer import Array
from nn.network import Network
from nn.reports.figure import picture
from nn.runs.first_layer import FirstLayer, read_first_layer
from nn.runs.run_folder import RunFolder

PICTURE = "first_layer.png"
_MOST_UNITS = 100


def draw_first_layer(folder: RunFolder, title: str, network: Network | None = None) -> bool:
    """Draw `first_layer.png` in a run's folder; return whether its first layer is dense.

    Args:
        folder: The run's folder.
        title: The data's and the run's name.
        network: The run's network, if it is still in memory; else its first layer is read.

    Raises:
        RunFolderError: a file is missing or damaged, or the folder cannot be written.
        SettingError: `settings.yaml` is missing or damaged.
    """
    layer = read_first_layer(folder, network)
    if layer is None:
        return False
    path = folder.path / PICTURE
    with writing(path):
        plot_first_layer(path, layer, title)
    return True


def plot_first_layer(path: Path, layer: FirstLayer, title: str) -> None:
    """Draw the units' weights and the colour image of all of them, a column for each moment.

    Args:
        path: the PNG file to write.
        layer: the weights at several moments of the training.
        title: the data's and the run's name.

    Raises:
        OSError: the file cannot be written.
    """
    moments = layer.moments
    units = next(iter(moments.values())).shape[1]
    heading = f"First layer: weights of {units:,} {layer.unit_name(units)}"
    if units > _MOST_UNITS:
        heading += f" (the first {_MOST_UNITS} above, all below)"
    with picture(path, 4.2 * len(moments), 9, heading, title) as figure:
        axes = figure.subplots(2, len(moments), squeeze=False)
        for column, (moment, weights) in enumerate(moments.items()):
            # A scale for each moment: weights grow, and on a common one the start would be blank.
            largest = float(np.abs(weights[:, :_MOST_UNITS]).max()) or 1.0
            tiles = mosaic(weights, layer.image_shape)
            if tiles.ndim == 3:
                tiles = np.nan_to_num(0.5 + tiles / (2 * largest), nan=1.0)
                title = f"{moment}\nfull colour +{largest:.2g}, none -{largest:.2g}"
            else:
                title = f"{moment}\nred +{largest:.2g}, blue -{largest:.2g}"
            axes[0, column].imshow(tiles, cmap="RdBu_r", vmin=-largest, vmax=largest)
            axes[0, column].set_title(title)
            # A pixel of an image in colour has three weights in each unit.
            pixels = np.prod(layer.image_shape[-2:])
            of_pixels = weights.reshape(-1, pixels, units).swapaxes(0, 1).reshape(pixels, -1)
            image, share = principal_colours(of_pixels)
            axes[1, column].imshow(image.reshape(*layer.image_shape[-2:], 3))
            axes[1, column].set_title(f"principal components\n{share:.0%} of the variance")
        for each in axes.flat:
            each.set(xticks=[], yticks=[])  # or hidden ones would be laid out, too
            each.set_axis_off()


def mosaic(weights: Array, image_shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the weights of the first hundred units as one image, with lines of NaN between.

    Args:
        weights: (D, U).
        image_shape: (H, W), with H x W = D; or (3, H, W), for three weights in each pixel.
    """
    *channels, height, width = image_shape
    tiles = weights.T[:_MOST_UNITS].reshape(-1, *image_shape)
    if channels:
        tiles = tiles.transpose(0, 2, 3, 1)
    columns = int(np.ceil(np.sqrt(len(tiles))))
    rows = -(-len(tiles) // columns)
    whole = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1, *channels), np.nan)
    for number, tile in enumerate(tiles):
        top, left = number // columns * (height + 1), number % columns * (width + 1)
        whole[top : top + height, left : left + width] = tile
    return whole


def principal_colours(weights: Array) -> tuple[NDArray[np.float64], float]:
    """Project each pixel's weights onto their three principal components.

    Args:
        weights: (D, U).

    Returns:
        (D, 3), red, green and blue from 0 to 1, and their share of the variance. With fewer
        than three units the missing colours are 0.5.

    Reference:
        Pearson (1901), On lines and planes of closest fit to systems of points in space.
    """
    centred = weights - weights.mean(axis=0, dtype=np.float64).astype(weights.dtype)
    wide = centred.shape[0] < centred.shape[1]
    # The smaller of both products has the same variances and takes far less than a singular value
    # decomposition: for 50,176 pixels and 1,000 units 2 seconds instead of 15.
    product = (centred @ centred.T) if wide else (centred.T @ centred)
    variance, directions = np.linalg.eigh(product.astype(np.float64))
    variance, directions = variance[::-1].clip(0), directions[:, ::-1][:, :3]
    scores = np.asarray(
        directions * np.sqrt(variance[:3]) if wide else centred @ directions.astype(centred.dtype),
        np.float64,
    )
    # A component's sign is arbitrary; making its largest number positive fixes it.
    scores = scores * np.sign(scores[np.abs(scores).argmax(axis=0), np.arange(scores.shape[1])])
    low, high = np.percentile(scores, [1, 99], axis=0)  # or single pixels would darken the rest
    colours = np.full((len(weights), 3), 0.5)
    colours[:, : scores.shape[1]] = np.clip((scores - low) / np.maximum(high - low, 1e-12), 0, 1)
    return colours, float(variance[:3].sum() / max(variance.sum(), 1e-300))
