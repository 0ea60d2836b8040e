"""Where a small window looks while it slides over an image; convolution and pooling share it.

At each of its stops the window sees a few pixels. Collecting them stop by stop would mean many
tiny copies. The other way round, there are few, large ones: the window's upper left corner
sees, over all stops, nothing but the image's upper left part, and each other cell of the window
the same part shifted. So everything here loops over the cells of the window, never over its stops.

Images have their batch axis last here, (C, H, W, N): the same pixel of all examples lies side by
side in memory, so even one pixel is a long row of numbers, and NumPy and BLAS are fast on long
rows. Outside, images are (N, C, H, W) as everywhere; the two are one array seen with its axes in
another order.
"""

from collections.abc import Iterator
from itertools import product

from nn.layers.layer import Array

Pair = tuple[int, int]


def as_pair(size: int | tuple[int, int] | list[int]) -> Pair:
    """Return `size` for height and width, where it may be one number for both."""
    if isinstance(size, int):
        return size, size
    height, width = size
    return height, width


def in_words(pair: Pair) -> str:
    """Return a pair as people write it: `2` where both are alike, else `2 x 3`."""
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]} x {pair[1]}"


def batch_last(images: Array) -> Array:
    """Return images (N, C, H, W) as (C, H, W, N), a view."""
    view: Array = images.transpose(1, 2, 3, 0)
    return view


def batch_first(images: Array) -> Array:
    """Return images (C, H, W, N) as (N, C, H, W), a view."""
    view: Array = images.transpose(3, 0, 1, 2)
    return view


class Windows:
    """All stops of a window over images of one size.

    Args:
        image: H, W of the images, their padding included.
        window: Height and width of the window, in cells.
        stride: Pixels from one stop to the next, down and to the right.
        dilation: Pixels from one cell of the window to the next; 1 leaves no holes.

    Attributes:
        stops: How many stops there are, down and to the right. Pixels at the lower and right edge
            that fit no whole window are ignored.

    Raises:
        ValueError: the window is larger than the image.
    """

    def __init__(
        self, image: Pair, window: Pair, *, stride: Pair = (1, 1), dilation: Pair = (1, 1)
    ) -> None:
        self.window = window
        self._stride = stride
        self._dilation = dilation
        height, width = (d * (cells - 1) + 1 for d, cells in zip(dilation, window, strict=True))
        if height > image[0] or width > image[1]:
            holes = f" (with dilation {height} x {width})" if max(dilation) > 1 else ""
            raise ValueError(
                f"its window of {window[0]} x {window[1]}{holes} is larger than the images, which "
                f"are {image[0]} x {image[1]} here, padding included"
            )
        self.stops: Pair = (
            (image[0] - height) // stride[0] + 1,
            (image[1] - width) // stride[1] + 1,
        )

    def cells(self) -> Iterator[Pair]:
        """Yield row and column of each cell of the window."""
        yield from product(range(self.window[0]), range(self.window[1]))

    def seen(self, images: Array, row: int, column: int, rows: slice | None = None) -> Array:
        """Return the pixels that one cell of the window sees at all stops, as a view.

        Args:
            images: Shape (C, H, W, N).
            row: The cell's row in the window.
            column: The cell's column in the window.
            rows: A slice of the rows of stops; all if None.

        Returns:
            Shape (C, rows of stops, stops to the right, N).
        """
        top, left = row * self._dilation[0], column * self._dilation[1]
        down, right = self._stride
        first, end = (rows.start, rows.stop) if rows else (0, self.stops[0])
        return images[
            :,
            top + first * down : top + (end - 1) * down + 1 : down,
            left : left + (self.stops[1] - 1) * right + 1 : right,
        ]
