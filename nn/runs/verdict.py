"""What a teacher would say about a training that has ended, in one or two sentences.

Beginners cannot read loss curves yet. A sentence that is wrong would be worse than none, so the
rules compare means of several epochs, and believe no difference that may be noise. How often they
were right is in docs/decisions.md.
"""

import numpy as np
from numpy.typing import NDArray

from nn.runs.run_folder import Result
from nn.training.history import History

_FEWEST_EPOCHS = 3
_CLEAR_LEAD = 0.002  # of the test accuracy over the validation accuracy
_CAN_READ = 0.8  # the validation accuracy from which on that lead is more than chance

Curve = NDArray[np.float64]


def verdict(
    history: History, result: Result, *, stopped_early: bool, kept: int, easier_test: bool
) -> str:
    """Return what can be said for certain about a training; nothing if there is no such thing.

    Args:
        history: All its epochs.
        result: The final figures.
        stopped_early: Whether early stopping ended it.
        kept: The epoch whose network is saved.
        easier_test: Whether the test images are the last 6,000 of MNIST's, which are easier to
            read than the others.
    """
    epochs = len(history)
    early = f"Early stopping ended the training after epoch {epochs:,}." if stopped_early else ""
    sentences = [early or _on_curves(history)]
    if kept < epochs:
        sentences.append(f"The network of epoch {kept:,}, the best one, was saved.")
    lead = result.test_accuracy - result.validation_accuracy
    if easier_test and lead > _CLEAR_LEAD and result.validation_accuracy > _CAN_READ:
        sentences.append(
            f"The last {result.test_images:,} test images are easier than the validation images, "
            "so a higher accuracy on them is expected."
        )
    return " ".join(filter(None, sentences))


def _on_curves(history: History) -> str:
    """Return what the curves say, or nothing."""
    training, validation, accuracy, rates = (
        np.array([getattr(record, name) for record in history], np.float64)
        for name in ("training_loss", "validation_loss", "validation_accuracy", "learning_rate")
    )
    if len(history) < _FEWEST_EPOCHS or not np.isfinite([training, validation]).all():
        return ""
    is_poor = history[-1].training_accuracy < 0.9
    rate_is_left = rates[-1] > rates[0] / 10
    return _on_step_size(training, is_poor) or _on_more_epochs(
        training, validation, accuracy, is_poor, rate_is_left
    )


def _on_step_size(training: Curve, is_poor: bool) -> str:
    """Return whether the training loss shows that the learning rate is too large or too small."""
    epochs = len(training)
    rises = int((training[1:] > 1.02 * training[:-1]).sum())
    if rises >= max(2, epochs / 4) and training[-1] > 0.05:
        return (
            f"The training loss rose in {rises:,} of {epochs:,} epochs, so the steps are too "
            "large. A smaller learning rate would help."
        )
    if is_poor and training[-1] > 0.8 * training[0] and (np.diff(training) < 0).all():
        return (
            f"Learning steadily but slowly: the training loss fell from {training[0]:.4f} to "
            f"{training[-1]:.4f}. A larger learning rate would help."
        )
    return ""


def _on_more_epochs(
    training: Curve, validation: Curve, accuracy: Curve, is_poor: bool, rate_is_left: bool
) -> str:
    """Return whether the validation loss shows that more epochs would help."""
    epochs = len(validation)
    window = max(2, epochs // 5)
    before, late = validation[-2 * window : -window].mean(), validation[-window:].mean()
    best = int(validation.argmin())
    since = epochs - 1 - best
    clear = 2 * _noise(validation)
    if rate_is_left and since <= window // 4 and before - late > max(clear, 0.02 * late):
        remedy = "More epochs or a larger learning rate" if is_poor else "More epochs"
        return (
            f"Still improving: the validation loss fell from {validation[best - window]:.4f} to "
            f"{validation[best]:.4f} in {window:,} epochs. {remedy} would probably help."
        )
    if (
        since >= max(4, window)
        and late > validation[best] + max(clear, 0.05 * validation[best])
        and training[-1] < min(0.9 * training[best], 0.6 * validation[-1])
    ):
        near_best = accuracy[max(0, best - window // 2) : best + window // 2 + 1].mean()
        rose = f"the validation loss rose from {validation[best]:.4f} to {validation[-1]:.4f}"
        return _on_overfitting(best + 1, rose, float(accuracy[-window:].mean() - near_best))
    settled = abs(late / before - 1) < 0.01 and (
        training[-window:].mean() > 0.98 * training[-2 * window : -window].mean()
    )
    if settled and rate_is_left and not is_poor and epochs > 2 * window:
        return "The losses have settled: more epochs would change little."
    return ""


def _on_overfitting(epoch: int, rose: str, gain: float) -> str:
    """Return what it means that the validation loss rose, given the accuracy gained meanwhile."""
    if gain < 0.003:
        return (
            f"Overfitting since epoch {epoch:,}: from then on {rose}, while the training loss fell "
            "further. More epochs would not help."
        )
    if gain < 0.01:
        return (
            f"More and more certain of its mistakes since epoch {epoch:,}: from then on {rose}, "
            "although the validation accuracy did not fall."
        )
    return ""


def _noise(curve: Curve) -> float:
    """Return by how much an epoch typically misses the line between its neighbours.

    The median leaves out the bend at the beginning of a training; 1.2 makes it the standard
    deviation of normally distributed noise.
    """
    misses = curve[1:-1] - (curve[:-2] + curve[2:]) / 2
    return 1.2 * float(np.median(np.abs(misses[-10:])))
