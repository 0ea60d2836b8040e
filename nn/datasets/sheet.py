"""The sheet of paper on a photograph that shows the desk around it as well.

People put a sheet on a table and photograph both. Then the lightest thing on the picture is not
the background of a digit but the sheet, and only on the sheet alone is the digit found.
"""

import numpy as np
from numpy.typing import NDArray

from nn.datasets.picture_file import Grey

_COARSE_SIDE = 96
_BRIGHTNESSES = 12  # tried as the limit between sheet and desk
_SMALLEST = 0.08  # of the picture
_MOST_BORDER = 0.4  # of the picture's border belongs to the sheet, else there is no desk around it
_LIGHTER = 0.12  # than what surrounds it
_FILLED = 0.75  # of the sheet is paper, the rest ink
_STRAIGHT = 0.96  # of the quadrilateral around a sheet, its convex hull fills at least
_EDGE = 0.03  # of the sheet's sides is cut off: its edge is often shaded or bent

_Points = NDArray[np.float64]


def cut_out_sheet(grey: Grey) -> Grey:
    """Return the sheet of paper that lies on something darker, straightened.

    A sheet is light, and its outline has four corners. Which brightness divides it from the desk
    is not known, so several are tried; of all sheets found, the one with the straightest sides
    counts.

    Args:
        grey: brightness from 0 to 1, (H, W).

    Returns:
        The sheet alone, (H', W'); the whole picture if there is no such sheet.
    """
    from PIL import Image

    scale = max(1.0, max(grey.shape) / _COARSE_SIDE)
    height, width = (max(1, round(side / scale)) for side in grey.shape)
    picture = Image.fromarray(grey)
    coarse = np.asarray(picture.resize((width, height), Image.Resampling.BOX))
    limits = np.linspace(coarse.min(), coarse.max(), _BRIGHTNESSES + 2)[1:-1]
    found = [_find_sheet(coarse, coarse > limit) for limit in limits]
    straightness, corners = max(found, key=lambda sheet: sheet[0])
    if straightness < _STRAIGHT:
        return grey
    corners = corners * (np.array(grey.shape)[::-1] / (width, height))
    # Upright: begin with the corner at the upper left, and go on downwards.
    corners = np.roll(corners, -int(corners.sum(axis=1).argmin()), axis=0)
    middle = corners.mean(axis=0)
    corners = middle + (corners - middle) * (1 - 2 * _EDGE)
    lengths = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    height, width = (max(8, int(lengths[side::2].mean())) for side in (0, 1))
    straight = picture.transform(
        (width, height),
        Image.Transform.QUAD,
        tuple(corners.ravel()),
        Image.Resampling.BILINEAR,
        fillcolor=1.0,  # where a corner is outside the picture
    )
    sheet: Grey = np.asarray(straight, dtype=np.float32)
    return sheet


def _find_sheet(coarse: Grey, is_light: NDArray[np.bool_]) -> tuple[float, _Points]:
    """Return how straight the largest light piece is, 0 if it is no sheet, and its corners."""
    from scipy import ndimage

    nothing = 0.0, np.zeros((4, 2))
    # Thin bridges between the sheet and other light things are cut.
    groups, _ = ndimage.label(ndimage.binary_opening(is_light, np.ones((3, 3))))
    sizes = np.bincount(groups.ravel())
    sizes[0] = 0
    paper = groups == sizes.argmax()
    border = np.concatenate([paper[0], paper[-1], paper[:, 0], paper[:, -1]])
    if sizes.max() < _SMALLEST * coarse.size or border.mean() > _MOST_BORDER:
        return nothing
    inside = ndimage.binary_fill_holes(paper)
    around = ndimage.binary_dilation(inside, iterations=4) & ~ndimage.binary_dilation(inside)
    is_written_on = paper.sum() < inside.sum()
    if not is_written_on or np.median(coarse[paper]) - np.median(coarse[around]) < _LIGHTER:
        return nothing
    corners, hull_area = _four_corners(inside)
    area = _area(corners)
    if len(corners) != 4 or paper.sum() < _FILLED * area:
        return nothing
    return hull_area / area, corners


def _four_corners(paper: NDArray[np.bool_]) -> tuple[_Points, float]:
    """Fit a quadrilateral around a piece; return its corners, anticlockwise, and its hull's area.

    Of the convex hull's sides, the one whose neighbours meet after the shortest way, with the least
    area added, goes first; so a bent corner becomes a sharp one. A piece may have other than four.
    """
    from scipy.spatial import ConvexHull

    rows, columns = np.nonzero(paper)
    squares = np.stack([columns, rows], axis=1)[:, None] + np.array(
        [[0, 0], [0, 1], [1, 0], [1, 1]]
    )
    points = squares.reshape(-1, 2).astype(np.float64)
    hull = points[ConvexHull(points).vertices][::-1]  # y points down, so this is anticlockwise
    corners = hull.copy()
    while len(corners) > 4:
        before, after, second = (np.roll(corners, turn, axis=0) for turn in (1, -1, -2))
        one, other = corners - before, after - second
        with np.errstate(all="ignore"):
            way = _cross(after - corners, other) / _cross(one, other)
            meeting = corners + way[:, None] * one
            added = np.abs(_cross(meeting - corners, after - corners))
        # Neighbours that are parallel or diverge do not meet on this side.
        added[~((way > 0) & np.isfinite(added))] = np.inf
        if np.isinf(added).all():
            break
        side = int(added.argmin())
        corners[side] = meeting[side]
        corners = np.delete(corners, (side + 1) % len(corners), axis=0)
    return corners, _area(hull)


def _cross(one: _Points, other: _Points) -> _Points:
    """Return the cross product of vectors (N, 2), (N,)."""
    return one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]


def _area(corners: _Points) -> float:
    """Return the area of a polygon (the shoelace formula)."""
    x, y = corners.T
    return float(abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2)
