"""The review before training: layers, parameters and estimated time."""

from typing import Protocol

from nn.settings.declaration import Settings
from nn.settings.setting import Choice
from nn.wording import counted


class CompiledEstimate(Protocol):
    """How long a run would take with compiled steps."""

    @property
    def seconds(self) -> float:
        """Estimated time of the whole training, at most."""

    @property
    def compilation(self) -> float:
        """Estimated time of compiling before it; 0 if that has been done before."""


class Preview(Protocol):
    """What `nn.runs.preview` computes about a run before it starts."""

    @property
    def layers(self) -> list[tuple[str, str]]:
        """Each layer in words, and the shape of its output."""

    @property
    def parameters(self) -> int:
        """The number of learned parameters."""

    @property
    def seconds(self) -> float:
        """Estimated time of the whole training."""

    @property
    def compiled(self) -> CompiledEstimate | None:
        """The same with compiled steps, if they are not requested and would pay."""


def review_text(settings: Settings, preview: Preview) -> str:
    """Return the review: layers, parameters and estimated time."""
    table = [("layer", "output"), *preview.layers]
    widest = max(len(name) for name, _ in table)
    return "\n".join(
        [
            "",
            *(f"  {name:{widest}}  {shape}" for name, shape in table),
            f"{preview.parameters:,} parameters, {about(preview.seconds)}"
            f" for {counted(settings.epochs, 'epoch')}",
        ]
    )


def compiled_choice(estimate: CompiledEstimate) -> Choice:
    """Return the choice to train with compiled steps, with what they save."""
    first = f", after {about(estimate.compilation)} of compiling, only this once"
    explain = f"training takes at most {about(estimate.seconds)}"
    return Choice("Train compiled", explain=explain + (first if estimate.compilation else ""))


def about(seconds: float) -> str:
    """Return a duration in the largest unit that gives at least 2: `about 3 min`."""
    units = [("years", 31_557_600), ("days", 86_400), ("h", 3600), ("min", 60)]
    for unit, size in units:
        if seconds >= 2 * size:
            return f"about {seconds / size:,.0f} {unit}"
    return f"about {seconds:.0f} s" if seconds >= 1 else "under a second"
