"""Every setting of a run, declared once.

To add a setting, add a field to `Settings`: its question (if it has one), flag, YAML key,
`settings.yaml` line, place in the repeat command and row in `docs/settings.md` follow from that.
"""

import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from nn.architecture.layer_list import check_layers
from nn.settings.setting import Choice, Declaration, Group, Question, Rule, Setting, no, yes

SHORTHAND = ("hidden_layers", "hidden_units", "activation")
"""The settings that `layers` takes the place of."""

LONGEST_RUN_NAME = 60  # in characters of up to 4 bytes; a file system allows 255 bytes a name


def check_run_name(name: str) -> str:
    """Return the name of a run, if it is one; `ValueError` otherwise."""
    if len(name) > LONGEST_RUN_NAME or not re.fullmatch(r"(\w([\w -]*[\w-])?)?", name):
        raise ValueError
    return name


def _check_folder(folder: str) -> str:
    if not folder.strip() or "\0" in folder:
        raise ValueError
    return folder


def _check_count_or_fraction(size: int | float) -> int | float:
    if size >= 1 and size != int(size):
        raise ValueError
    return int(size) if size >= 1 else size


def _read_layers(written: object) -> object:
    """Check a list of layers; a flag's text is YAML still to be read, an empty one no list."""
    if isinstance(written, str):
        from nn.settings.plain_yaml import read_value  # PyYAML delays the first question

        written = read_value(written)
    return written if written is None else check_layers(written)


class Settings(BaseModel):
    """All settings of a run, checked; what is not given has its default."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    hidden_layers: Annotated[
        int,
        Group("network"),
        Question("How many hidden layers?", lambda values: not values.get("layers")),
        Choice(0, "zero", explain="the pixels go straight to the ten outputs: fast, about 92 %"),
        Choice(1, "one", explain="one layer of hidden units between pixels and outputs"),
        Choice(2, "two", explain="two layers of hidden units: slower, a little more accurate"),
    ] = Field(1, description="layers of hidden units between pixels and outputs")

    normalization: Annotated[
        str,
        Group("data"),
        Question("How shall the pixels be scaled?"),
        Choice("simple", explain="pixel / 255: every pixel between 0 and 1"),
        Choice("normal", explain="minus the mean, over the deviation, of the training images"),
    ] = Field("simple", description="how pixels are scaled before they enter the network")

    initialization: Annotated[
        str,
        Group("network"),
        Question("How shall the weights start?"),
        Choice("gauss", explain="0.01 N(0, 1): small, the same for every layer"),
        Choice("xavier", explain="N(0, 1) / sqrt(fan-in): keeps the signal's size"),
        Choice("he", explain="N(0, 1) sqrt(2 / fan-in): made for ReLU", asked=False),
    ] = Field("xavier", description="distribution from which the weights are drawn at the start")

    activation: Annotated[
        str,
        Group("network"),
        Question(
            "Which activation for the hidden layers?",
            lambda values: values.get("hidden_layers") != 0 and not values.get("layers"),
        ),
        Choice("relu", explain="max(0, x): fast, learns quickly"),
        Choice("sigmoid", explain="1 / (1 + exp(-x)): smooth, learns slowly"),
    ] = Field("relu", description="function after each hidden layer")

    l1: Annotated[
        bool,
        Group("training"),
        Question("Add an L1 penalty on the weights?"),
        yes("pulls weights that help little to zero"),
        no("the loss alone decides"),
    ] = Field(False, description="add l1_strength times the sum of absolute weights to the loss")

    learning_rate_decay: Annotated[
        bool,
        Group("training"),
        Question("Let the learning rate decay?"),
        yes("smaller steps after every epoch"),
        no("the same step size to the end"),
    ] = Field(False, description="multiply the learning rate by decay_rate after each epoch")

    optimizer: Annotated[
        str,
        Group("training"),
        Question("Which optimizer?"),
        Choice("sgd", explain="one plain step down the gradient of each batch"),
        Choice("momentum", explain="steps that gather speed where the gradients agree"),
        Choice("adam", explain="steps scaled to each weight's gradients", asked=False),
    ] = Field("momentum", description="rule that turns gradients into steps")

    epochs: Annotated[
        int,
        Group("training"),
        Question("How many epochs?"),
    ] = Field(10, ge=1, le=1_000_000_000_000, description="passes over the training images")

    hidden_units: Annotated[int, Group("network")] = Field(
        64, ge=1, le=1_000_000, description="units in each hidden layer"
    )
    layers: Annotated[
        list[Any] | None,
        Group("network"),
        Rule("a list of layers, as in [{dense: 64}, relu]"),
        BeforeValidator(_read_layers),
    ] = Field(
        None,
        description="the layers one by one, in place of hidden_layers, hidden_units and activation",
    )
    batch_size: Annotated[int, Group("training")] = Field(
        4, ge=1, le=1_000_000, description="images that share one step"
    )
    learning_rate: Annotated[float, Group("training")] = Field(
        0.001, gt=0, description="size of a step"
    )
    decay_rate: Annotated[float, Group("training")] = Field(
        0.98, gt=0, le=1, description="factor on the learning rate with learning_rate_decay"
    )
    decay: Annotated[
        str,
        Group("training"),
        Choice("exponential", explain="times decay_rate after every epoch"),
        Choice("step", explain="times decay_rate after every decay_every epochs"),
        Choice("cosine", explain="to almost nothing in the last epoch, along a cosine"),
        Choice("halving", explain="by half after an epoch in which validation accuracy fell"),
    ] = Field("exponential", description="how the learning rate falls with learning_rate_decay")
    decay_every: Annotated[int, Group("training")] = Field(
        10, ge=1, description="epochs from one fall of the learning rate to the next, decay step"
    )
    momentum: Annotated[float, Group("training")] = Field(
        0.9, ge=0, lt=1, description="part of the velocity that the next step keeps"
    )
    dampening: Annotated[float, Group("training")] = Field(
        0.0, ge=0, lt=1, description="part of the gradient that momentum leaves out"
    )
    l1_strength: Annotated[float, Group("training")] = Field(
        1e-5, ge=0, description="weight of the L1 penalty, where l1 is on"
    )
    l2_strength: Annotated[float, Group("training")] = Field(
        0.0, ge=0, description="weight of the L2 penalty, half the sum of squared weights"
    )
    monitor: Annotated[
        str,
        Group("training"),
        Choice("validation_loss", explain="lower is better"),
        Choice("validation_accuracy", explain="higher is better"),
    ] = Field("validation_loss", description="what makes an epoch better than another")
    patience: Annotated[int, Group("training")] = Field(
        0, ge=0, description="stop after so long without a better epoch; 0: never stop early"
    )
    patience_unit: Annotated[
        str,
        Group("training"),
        Choice("epochs", explain="patience counts epochs"),
        Choice("steps", explain="patience counts steps, looked at after each epoch"),
    ] = Field("epochs", description="what patience counts")
    patience_for: Annotated[
        str,
        Group("training"),
        Choice("improvement", explain="an epoch that is better than the best one"),
        Choice("change", explain="an epoch that is better or worse than the last that changed"),
    ] = Field("improvement", description="what patience waits for")
    min_delta: Annotated[float, Group("training")] = Field(
        0.0, ge=0, description="an improvement or a change up to this counts as none"
    )
    restore_best_weights: Annotated[
        bool,
        Group("training"),
        yes("the best epoch's network is tested and saved"),
        no("the last epoch's"),
    ] = Field(False, description="go back to the best epoch's network at the end")
    threads: Annotated[int, Group("training")] = Field(
        1, ge=1, le=1024, description="processor cores that share a step; more pay for large layers"
    )
    compiled: Annotated[
        bool,
        Group("training"),
        yes("by loops that Numba compiles: dense layers with sgd or momentum, sooner done"),
        no("by NumPy"),
    ] = Field(
        False,
        description="take the steps by compiled loops; needs Numba",
    )
    seed: Annotated[int, Group("training")] = Field(
        0, ge=0, description="start of all random numbers; the same seed gives the same run"
    )

    dataset: Annotated[
        str,
        Group("data"),
        Choice("auto", explain="MNIST from the data folder or a download, else the built-in"),
        Choice("mnist", explain="MNIST, or nothing"),
        Choice("built-in", "built_in", explain="digits that the program draws itself"),
    ] = Field("auto", description="images to learn from")
    split: Annotated[
        str,
        Group("data"),
        Choice("seed", explain="58,000 for training, 6,000 for validation, 6,000 for the test"),
        Choice("official", explain="the test file is the test set"),
    ] = Field("seed", description="how images become training, validation and test set")
    validation_size: Annotated[
        int | float,
        Group("data"),
        Rule("a whole number from 1, or a fraction between 0 and 1"),
        AfterValidator(_check_count_or_fraction),
    ] = Field(
        10_000,
        gt=0,
        le=1_000_000_000,
        description="images (below 1: fraction) for validation, official split",
    )
    shuffle_split: Annotated[
        bool,
        Group("data"),
        yes("validation images drawn at random"),
        no("the file's last ones"),
    ] = Field(True, description="shuffle the training file before the official split")

    distortion: Annotated[
        str,
        Group("data"),
        Choice("none", explain="every epoch sees the same images"),
        Choice("affine", explain="turned, stretched, slanted and shifted a little, at random"),
        Choice("elastic", explain="less of it, and bent as by a shakier hand"),
    ] = Field("none", description="what is done to training images, anew in every epoch")
    data_dir: Annotated[
        str, Group("files"), Rule("a folder's path"), AfterValidator(_check_folder)
    ] = Field("data", description="folder of the data files")
    save_dir: Annotated[
        str, Group("files"), Rule("a folder's path"), AfterValidator(_check_folder)
    ] = Field("saved_files", description="folder that holds the runs")
    name: Annotated[
        str,
        Group("files"),
        Rule(
            f"letters, digits, '-', '_' and blanks between them, at most {LONGEST_RUN_NAME},"
            " no slashes or dots"
        ),
        AfterValidator(check_run_name),
    ] = Field("", description="the run's folder in save_dir; empty: date, time and description")
    checkpoint_steps: Annotated[int, Group("files")] = Field(
        20_000,
        ge=1,
        description="steps after which a long epoch is saved in between, to go on from",
    )

    @field_validator("*", mode="before")
    @classmethod
    def _take_any_spelling(cls, given: Any, info: ValidationInfo) -> object:
        return SETTINGS[str(info.field_name)].take(given)


TRAINING = Declaration.of(Settings)
SETTINGS: dict[str, Setting] = TRAINING.settings
ASKED: tuple[Setting, ...] = TRAINING.asked
