"""What a run knows of its images: their size, their classes, and a checksum.

A network fits images of one size and number of classes only. And accuracies can be compared only on
the same images, so that a changed file must be noticed.
"""

from dataclasses import dataclass

from nn.datasets.images import ImageData, describe_size


@dataclass(frozen=True)
class DataFacts:
    """Facts about the images, as saved in `data.csv`.

    Attributes:
        image_height: H in pixels.
        image_width: W in pixels.
        classes: K.
        crc32: Checksum of all images and labels, to detect changed data.
        channels: 3 for images in colour.
    """

    image_height: int
    image_width: int
    classes: int
    crc32: int
    channels: int = 1

    @classmethod
    def of(cls, data: ImageData) -> "DataFacts":
        """Return the facts about `data`."""
        height, width = data.image_shape[-2:]
        channels = 3 if len(data.image_shape) == 3 else 1
        return cls(height, width, data.classes, int(data.fingerprint, 16), channels)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Height and width of an image in pixels, (H, W); in colour (3, H, W)."""
        return (*((3,) if self.channels == 3 else ()), self.image_height, self.image_width)

    @property
    def size(self) -> str:
        """What a network for these images must fit, in words."""
        return f"{describe_size(self.image_shape)} in {self.classes} classes"
