"""The settings of the data: which images, and how they are divided.

They are part of `nn.settings.declaration.Settings`, where everything else about settings is.
"""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from nn.settings.setting import Choice, Group, Rule, no, yes


def _check_count_or_fraction(size: int | float) -> int | float:
    if size >= 1 and size != int(size):
        raise ValueError
    return int(size) if size >= 1 else size


_CountOrFraction = Annotated[
    int | float,
    Group("data"),
    Rule("a whole number from 1, or a fraction between 0 and 1"),
    AfterValidator(_check_count_or_fraction),
]


class DataSettings(BaseModel):
    """Which images a run is trained on."""

    dataset: Annotated[
        str,
        Group("data"),
        Choice(
            "auto", explain="the data folder's images, else MNIST by download, else built-in digits"
        ),
        Choice("mnist", explain="the same without the built-in digits"),
        Choice("pictures", explain="a folder of pictures for each class"),
        Choice("built-in", "built_in", explain="digits that the program draws itself"),
    ] = Field("auto", description="images to train on")
    prepare: Annotated[
        str,
        Group("data"),
        Choice("scale", explain="the whole picture is scaled to image_size"),
        Choice("digit", explain="a dark digit on light paper is found, cut out and centred"),
    ] = Field("scale", description="how pictures in a folder for each class become images")
    image_size: Annotated[int, Group("data")] = Field(
        28, ge=4, le=1024, description="height and width of these images in pixels"
    )
    color: Annotated[
        bool,
        Group("data"),
        yes("red, green and blue are three channels"),
        no("colours become greys"),
    ] = Field(False, description="keep the colours of pictures, CIFAR and .npz files")
    split: Annotated[
        str,
        Group("data"),
        Choice("seed", explain="58,000 for training, 6,000 for validation, 6,000 for testing"),
        Choice("official", explain="the test file is the test set"),
    ] = Field("seed", description="how images are split into training, validation and test sets")
    validation_size: _CountOrFraction = Field(
        10_000,
        gt=0,
        le=1_000_000_000,
        description="validation images of the official split; below 1: a fraction",
    )
    test_size: _CountOrFraction = Field(
        0.2,
        gt=0,
        le=1_000_000_000,
        description="test images, if the files have none of their own; below 1: a fraction",
    )
    shuffle_split: Annotated[
        bool,
        Group("data"),
        yes("validation images drawn at random"),
        no("the last images of the file"),
    ] = Field(
        True, description="draw validation and test images at random, not from the end of the file"
    )

    distortion: Annotated[
        str,
        Group("data"),
        Choice("none", explain="every epoch sees the same images"),
        Choice("affine", explain="slightly rotated, stretched, slanted and shifted at random"),
        Choice("elastic", explain="milder, and bent as by a shaky hand"),
        Choice("pens", explain="elastic, and thicker, thinner, blurred, faint: other pens"),
    ] = Field("none", description="random distortion of the training images, new in every epoch")
