"""Every setting of a run, declared once.

To add a setting, add a field to `Settings`, or to `DataSettings` if it is about the images: its
question (if it has one), flag, YAML key, `settings.yaml` line, place in the repeat command and row
in `docs/settings.md` follow from that.
"""

import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from nn.architecture.layer_list import check_layers
from nn.settings.data_declaration import DataSettings
from nn.settings.setting import Choice, Declaration, Group, Question, Rule, Setting, no, yes

SHORTHAND = ("hidden_layers", "hidden_units", "activation")
"""The settings that `layers` replaces."""

LONGEST_RUN_NAME = 60  # in characters of up to 4 bytes; a file system allows 255 bytes a name

_LONGEST_PATH = 1000  # characters; systems allow from 1,024 bytes on


def check_run_name(name: str) -> str:
    """Return a valid name of a run unchanged; raise `ValueError` for others."""
    if len(name) > LONGEST_RUN_NAME or not re.fullmatch(r"(\w([\w -]*[\w-])?)?", name):
        raise ValueError
    return name


def _check_folder(folder: str) -> str:
    if not folder.strip() or "\0" in folder or len(folder) > _LONGEST_PATH:
        raise ValueError
    return folder


def _read_layers(written: object) -> object:
    """Return a checked list of layers, or None; a flag's text is YAML that is still to be read."""
    if isinstance(written, str):
        from nn.settings.plain_yaml import read_value  # PyYAML delays the first question

        written = read_value(written)
    return written if written is None else check_layers(written)


class Settings(DataSettings):
    """All settings of a run, checked; those that are not given have their defaults."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    hidden_layers: Annotated[
        int,
        Group("network"),
        Question("How many hidden layers?", lambda values: not values.get("layers")),
        Choice(0, "zero", explain="the pixels go straight to the ten outputs: fast, about 92%"),
        Choice(1, "one", explain="one layer of hidden units between pixels and outputs"),
        Choice(2, "two", explain="two layers of hidden units: slower, a little more accurate"),
    ] = Field(1, description="layers of hidden units between pixels and outputs")

    normalization: Annotated[
        str,
        Group("data"),
        Question("How should pixels be scaled?"),
        Choice("simple", explain="every pixel between 0 and 1: pixel / 255"),
        Choice("normal", explain="standardized: (pixel - mean) / standard deviation"),
    ] = Field("simple", description="how pixels are scaled before they enter the network")

    initialization: Annotated[
        str,
        Group("network"),
        Question("How should weights be initialized?"),
        Choice("gauss", explain="small random numbers, equally small in every layer: 0.01 N(0, 1)"),
        Choice(
            "xavier",
            explain="smaller with more inputs, so signals keep their size: N(0, 1) / sqrt(fan-in)",
        ),
        Choice("he", explain="like xavier, but for ReLU: N(0, 1) sqrt(2 / fan-in)", asked=False),
        Choice("wide_gauss", explain="ten times as wide as gauss: 0.1 N(0, 1)", asked=False),
    ] = Field("xavier", description="distribution of the initial weights")

    activation: Annotated[
        str,
        Group("network"),
        Question(
            "Which activation for the hidden layers?",
            lambda values: values.get("hidden_layers") != 0 and not values.get("layers"),
        ),
        Choice("relu", explain="negative values become 0, learns quickly: max(0, x)"),
        Choice("sigmoid", explain="squeezed between 0 and 1, learns slowly: 1 / (1 + exp(-x))"),
    ] = Field("relu", description="activation function after each hidden layer")

    l1: Annotated[
        bool,
        Group("training"),
        Question("Add an L1 penalty on the weights?"),
        yes("drives weights of little use to zero"),
        no("no penalty"),
    ] = Field(False, description="add l1_strength times the sum of absolute weights to the loss")

    learning_rate_decay: Annotated[
        bool,
        Group("training"),
        Question("Decay the learning rate?"),
        yes("smaller steps after each epoch"),
        no("the same learning rate throughout"),
    ] = Field(False, description="lower the learning rate from epoch to epoch, as set by decay")

    optimizer: Annotated[
        str,
        Group("training"),
        Question("Which optimizer?"),
        Choice("sgd", explain="one plain gradient step for each batch"),
        Choice("momentum", explain="steps gather speed where gradients agree"),
        Choice("adam", explain="adapts the step size of each weight", asked=False),
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
        description="the layers one by one, instead of hidden_layers, hidden_units and activation",
    )
    start_from: Annotated[str, Group("network"), Rule("a run's name or its folder's path")] = Field(
        "",
        description="a run whose network training starts from; empty: random weights",
    )
    batch_size: Annotated[int, Group("training")] = Field(
        4, ge=1, le=1_000_000, description="images per step"
    )
    learning_rate: Annotated[float, Group("training")] = Field(
        0.001, gt=0, description="size of a step"
    )
    loss: Annotated[
        str,
        Group("training"),
        Choice("cross_entropy", explain="-log of the true class's probability, which is a softmax"),
        Choice("binary_cross_entropy", explain="every class by itself, yes or no: sigmoid outputs"),
        Choice("squared_error", explain="half the sum of (output - truth)^2: sigmoid outputs"),
    ] = Field("cross_entropy", description="what training minimizes, and how outputs are read")
    label_smoothing: Annotated[float, Group("training")] = Field(
        0.0, ge=0, lt=1, description="share of each label that is spread evenly over all classes"
    )
    decay_rate: Annotated[float, Group("training")] = Field(
        0.98, gt=0, le=1, description="factor of exponential and step decay"
    )
    decay: Annotated[
        str,
        Group("training"),
        Choice("exponential", explain="times decay_rate after each epoch"),
        Choice("step", explain="times decay_rate after every decay_every epochs"),
        Choice("cosine", explain="along a cosine, to almost zero in the last epoch"),
        Choice("one_cycle", explain="up for 30% of the steps, then down along a cosine"),
        Choice("halving", explain="halved after each epoch in which validation accuracy fell"),
    ] = Field(
        "exponential", description="how the learning rate falls, if learning_rate_decay is on"
    )
    decay_every: Annotated[int, Group("training")] = Field(
        10, ge=1, description="epochs between drops of the learning rate, for step decay"
    )
    momentum: Annotated[float, Group("training")] = Field(
        0.9, ge=0, lt=1, description="share of the velocity that each step keeps"
    )
    dampening: Annotated[float, Group("training")] = Field(
        0.0, ge=0, lt=1, description="share of the gradient that momentum leaves out"
    )
    weight_average: Annotated[float, Group("training")] = Field(
        0.0,
        ge=0,
        lt=1,
        description="share of a moving average of the weights that each step keeps, such as 0.999; "
        "the average is validated and saved; 0: no average",
    )
    l1_strength: Annotated[float, Group("training")] = Field(
        1e-5, ge=0, description="strength of the L1 penalty, if l1 is on"
    )
    l2_strength: Annotated[float, Group("training")] = Field(
        0.0, ge=0, description="strength of the L2 penalty, half the sum of squared weights"
    )
    monitor: Annotated[
        str,
        Group("training"),
        Choice("validation_loss", explain="lower is better"),
        Choice("validation_accuracy", explain="higher is better"),
    ] = Field("validation_loss", description="metric that decides which epoch is better")
    patience: Annotated[int, Group("training")] = Field(
        0,
        ge=0,
        description="epochs or steps without improvement before stopping; 0: never stop early",
    )
    patience_unit: Annotated[
        str,
        Group("training"),
        Choice("epochs", explain="patience counts epochs"),
        Choice("steps", explain="patience counts steps, checked after each epoch"),
    ] = Field("epochs", description="what patience counts")
    patience_for: Annotated[
        str,
        Group("training"),
        Choice("improvement", explain="an epoch better than the best so far"),
        Choice("change", explain="any change, for better or worse"),
    ] = Field("improvement", description="what patience waits for")
    min_delta: Annotated[float, Group("training")] = Field(
        0.0, ge=0, description="smaller improvements or changes are ignored"
    )
    restore_best_weights: Annotated[
        bool,
        Group("training"),
        yes("the best epoch's network is tested and saved"),
        no("the last epoch's network"),
    ] = Field(False, description="return to the best epoch's network at the end")
    test_shift: Annotated[int, Group("training")] = Field(
        0,
        ge=0,
        le=8,
        description="after training, average the probabilities over all shifts of an image by up "
        "to this many pixels; 0: no shifts",
    )
    threads: Annotated[int, Group("training")] = Field(
        1,
        ge=1,
        le=1024,
        description="threads that share a compiled step; two help convolutions and large layers",
    )
    compiled: Annotated[
        bool,
        Group("training"),
        yes("loops compiled by Numba: faster, with small batches or convolutions"),
        no("NumPy"),
    ] = Field(
        False,
        description="take steps with compiled loops; needs Numba",
    )
    seed: Annotated[int, Group("training")] = Field(
        0, ge=0, description="seed of all random numbers; the same seed gives the same run"
    )

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
            "letters, digits, '-', '_' and spaces between them, no slashes or dots, at most "
            f"{LONGEST_RUN_NAME} characters"
        ),
        AfterValidator(check_run_name),
    ] = Field("", description="the run's folder in save_dir; empty: date, time and description")
    checkpoint_steps: Annotated[int, Group("files")] = Field(
        20_000,
        ge=1,
        description="steps between checkpoints within an epoch",
    )

    @field_validator("*", mode="before")
    @classmethod
    def _accept_any_spelling(cls, given: Any, info: ValidationInfo) -> object:
        return SETTINGS[str(info.field_name)].interpret(given)


TRAINING = Declaration.of(Settings)
SETTINGS: dict[str, Setting] = TRAINING.settings
ASKED: tuple[Setting, ...] = TRAINING.asked
